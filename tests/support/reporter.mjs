// What node's runner says, as tests/run shows it: one line a file, failures in full. (The built-in ones print either
// every passing test, or failures twice.)
const text = (error) => {
  const cause = error?.cause ?? error;
  return cause?.stack ?? String(cause);
};

export default async function* report(source) {
  const passed = new Map(); // by file
  for await (const { type, data } of source) {
    const isTest = data?.details?.type !== 'suite';
    if (type === 'test:pass' && isTest && !data.skip && !data.todo) passed.set(data.file, (passed.get(data.file) ?? 0) + 1);
    else if (type === 'test:fail' && !data.todo && (isTest || data.details.error?.failureType !== 'subtestsFailed')) {
      const place = data.file ? `${data.file.replace(`${process.cwd()}/`, '')}:${data.line}` : '';
      yield `FAILED ${data.name} (${place})\n${text(data.details.error).replace(/^/gm, '    ')}\n`;
    } else if (type === 'test:stderr' || type === 'test:stdout') yield data.message.replace(/^(?=.)/gm, '    | ');
  }
  for (const [file, count] of passed) yield `ok     ${String(file).replace(`${process.cwd()}/`, '')}: ${count}\n`;
}

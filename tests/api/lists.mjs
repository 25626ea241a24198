// What must hold of every list and of the records in it (lead-provider-api.md 3.4 to 3.7, 3.12), whatever they are.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { raw, titles } from './client.mjs';
import { statementsOf, tellStatements } from './people.mjs';

/** The ids of a page. */
export async function ids(provider, path, query = '?page[per_page]=3000') {
  const answer = await provider.get(`${path}${query}`);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body), ['data']);
  return answer.body.data.map(({ id }) => id);
}

/** A query behind another one: "?a=1" or "?needed=x&a=1". */
export const behind = (needed, query) => `?${[needed, query].filter((part) => part).join('&')}`;

/**
 * Tests of a list at `path`. `all(who)`: the ids that a provider sees in the default order; `who`: providers by name, as
 * { name: Provider }; `needed`: a filter that the list and its records want ("filter[cohort]=2025"); `type` and
 * `attributes`: of a record, in their order; `since`, `sorts`: whether it has updated_since, and sort.
 */
export function aList(path, { all, who, needed = '', type, attributes, since = true, sorts = true }) {
  const page = behind(needed, 'page[per_page]=3000');
  const at = (query) => behind(needed, query);
  const names = () => Object.keys(who());

  describe(`${path}: what is shown (3.7)`, () => {
    test('every attribute, always, in one order; list and show have the same bytes', async () => {
      for (const name of names()) {
        const list = await who()[name].get(`${path}${page}`);
        assert.ok(list.body.data.length > 0, name);
        for (const one of list.body.data.slice(0, 40)) {
          assert.deepEqual(Object.keys(one), ['id', 'type', 'attributes']);
          assert.equal(one.type, type);
          assert.deepEqual(Object.keys(one.attributes), attributes);
          for (const key of ['created_at', 'updated_at']) assert.match(one.attributes[key], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          const shown = await who()[name].get(`${path}/${one.id}${at('')}`);
          assert.deepEqual([shown.status, shown.text], [200, JSON.stringify({ data: one })]);
        }
      }
    });

    test('an id in capitals is the same (section 2)', async () => {
      const [name] = names(), [id] = all(name);
      assert.equal((await who()[name].get(`${path}/${id.toUpperCase()}${at('')}`)).text, (await who()[name].get(`${path}/${id}${at('')}`)).text);
    });

    test('what there is not: 404, whatever stands for the id', async () => {
      const [name] = names();
      for (const id of [randomUUID(), 'x', 'ecf', '1', '%00', '00000000-0000-0000-0000-000000000000', all(name)[0].slice(1)]) {
        const answer = await who()[name].get(`${path}/${id}${at('')}`);
        assert.deepEqual([answer.status, titles(answer)], [404, ['Resource not found']], id);
      }
    });

    test('without a token, or with a wrong one: 401', async () => {
      const [provider] = Object.values(who());
      for (const target of [`${path}${page}`, `${path}/${randomUUID()}${at('')}`]) {
        for (const token of [undefined, 'x']) assert.equal((await provider.system.request('GET', target, { token })).status, 401);
      }
    });

    test('HEAD: the headers of GET and no body; If-None-Match: 304 (3.10)', async () => {
      const [provider] = Object.values(who()), [id] = all(names()[0]);
      for (const target of [`${path}${at('page[per_page]=5')}`, `${path}/${id}${at('')}`]) {
        const full = await provider.get(target), etag = full.headers.get('etag');
        assert.match(etag, /^W\/"[0-9a-f]+"$/);
        const head = await raw(provider.system.url, `HEAD ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${provider.token}\r\nConnection: close\r\n\r\n`);
        assert.deepEqual([head.status, head.body, head.headers.etag, head.headers['content-length']], [200, '', etag, full.headers.get('content-length')]);
        const same = await provider.get(target, { headers: { 'if-none-match': etag } });
        assert.deepEqual([same.status, same.text], [304, '']);
      }
    });
  });

  describe(`${path}: pages (lead-provider-api.md 3.5/1, 3.5/2, 3.5/3, 3.5/4, 3.5/5)`, () => {
    test('exactly what is visible, in order', async () => {
      for (const name of names()) assert.deepEqual(await ids(who()[name], path, page), all(name), name);
    });

    for (const size of [1, 3, 7]) {
      test(`of ${size}, read until one is empty: everything once`, async () => {
        const name = names().at(-1), read = [];
        for (let number = 1; ; number++) {
          const some = await ids(who()[name], path, at(`page[page]=${number}&page[per_page]=${size}`));
          if (some.length === 0) break;
          read.push(...some);
        }
        assert.deepEqual(read, all(name));
      });
    }

    test('of 100 unless asked, of 3 000 at most', async () => {
      const [name] = names();
      assert.deepEqual(await ids(who()[name], path, at('')), all(name).slice(0, 100));
      assert.deepEqual(await ids(who()[name], path, at('page[per_page]=4000')), all(name).slice(0, 3000));
      assert.deepEqual((await who()[name].get(`${path}${at('page[page]=999999999999')}`)).text, '{"data":[]}');
    });

    for (const query of ['page=2', 'page[]=2', 'page[page]=0', 'page[page]=-1', 'page[per_page]=abc', 'page[per_page]=']) {
      test(`${query}: 400`, async () => {
        const [provider] = Object.values(who()), answer = await provider.get(`${path}${at(query)}`);
        assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']]);
        assert.match(answer.body.errors[0].detail, /page\[page\].*page\[per_page\]/);
      });
    }
  });

  describe(`${path}: filters (3.4)`, () => {
    for (const query of ['filter=x', 'filter=', 'filter[]=x']) {
      test(`1: ${query}: 400 Bad parameter, of a record too`, async () => {
        const [provider] = Object.values(who());
        for (const target of [path, `${path}/${randomUUID()}`]) {
          const answer = await provider.get(`${target}?${query}`);
          assert.deepEqual([answer.status, titles(answer)], [400, ['Bad parameter']]);
        }
      });
    }

    test('2: unknown ones are ignored, of a record all', async () => {
      const [name] = names(), [id] = all(name);
      assert.deepEqual(await ids(who()[name], path, at('filter[nonsense]=1&filter[participant_id]=x&page[per_page]=3000')), all(name));
      assert.equal((await who()[name].get(`${path}/${id}${at('filter[updated_since]=x&page=0&sort=x')}`)).status, 200);
    });

    if (since) {
      for (const value of ['x', '2025', '2025-13-01', '2025-09-03T10', '%00']) {
        test(`8: updated_since=${value}: 400, before a bad page (3.2)`, async () => {
          const [provider] = Object.values(who()), answer = await provider.get(`${path}${at(`filter[updated_since]=${value}&page=2`)}`);
          assert.deepEqual([answer.status, titles(answer)], [400, ['Bad request']]);
          assert.match(answer.body.errors[0].detail, /valid ISO 8601 date/);
        });
      }

      test('8: updated_since is inclusive: what was shown as updated_at brings the record again; blank is none', async () => {
        const [name] = names();
        for (const one of (await who()[name].get(`${path}${page}`)).body.data.slice(0, 10)) {
          assert.ok((await ids(who()[name], path, `${page}&filter[updated_since]=${one.attributes.updated_at}`)).includes(one.id));
        }
        assert.deepEqual(await ids(who()[name], path, `${page}&filter[updated_since]=9999-12-31`), []);
        assert.deepEqual(await ids(who()[name], path, `${page}&filter[updated_since]=%20`), all(name));
      });
    } else {
      test('updated_since has no meaning here, however it is written', async () => {
        const [name] = names();
        for (const value of ['9999-12-31', 'x']) assert.deepEqual(await ids(who()[name], path, `${page}&filter[updated_since]=${value}`), all(name));
      });
    }
  });

  describe(`${path}: ${sorts ? 'sort' : 'sort has no meaning'} (lead-provider-api.md 3.6/2, 3.6/3, 3.6/5, 3.6/6)`, () => {
    for (const sort of ['name', '-', 'id,updated', '+created_at', '', ...(sorts ? ['created_at'] : ['-created_at', '-updated_at'])]) {
      test(`sort=${sort}: the default order (lead-provider-api.md 3.6/2, 3.6/3, 3.6/6)`, async () => {
        const [name] = names();
        assert.deepEqual(await ids(who()[name], path, `${page}&sort=${sort}`), all(name));
      });
    }
  });
}

/**
 * The orders that sort gives. `rows(name)`: what is visible, with `id`, `n` (the primary key), `created` and `updated` as
 * texts that sort as their instants; `created_of`: what created_at is where updated_at is named too.
 */
export function sorted(path, { rows, who, needed = '', created_of = (row) => row.created }) {
  const values = { created_at: (row) => row.created, updated_at: (row) => row.updated };

  function expected(name, sort) {
    const keys = sort.map((word) => ({ down: word.startsWith('-'), of: values[word.replace('-', '')] }));
    if (sort.some((word) => word.endsWith('updated_at'))) for (const key of keys) if (key.of === values.created_at) key.of = created_of;
    return rows(name).toSorted((a, b) => {
      for (const { down, of } of keys) if (of(a) !== of(b)) return (of(a) < of(b) ? -1 : 1) * (down ? -1 : 1);
      return a.n - b.n;
    }).map(({ id }) => id);
  }

  describe(`${path}: orders (lead-provider-api.md 3.6/1, 3.6/4)`, () => {
    for (const sort of [['-created_at'], ['updated_at'], ['-updated_at'], ['updated_at', '-created_at'], ['-updated_at', 'created_at'], ['created_at', '-updated_at'], ['-created_at', 'updated_at']]) {
      test(`sort=${sort}, whole and page by page; what is equal in it, by primary key (lead-provider-api.md 3.5/5, 3.6/1, 3.6/4)`, async () => {
        for (const name of Object.keys(who())) {
          const wanted = expected(name, sort), read = [];
          assert.deepEqual(await ids(who()[name], path, behind(needed, `page[per_page]=3000&sort=${sort}`)), wanted, name);
          for (let number = 1; number <= 4; number++) read.push(...await ids(who()[name], path, behind(needed, `page[page]=${number}&page[per_page]=5&sort=${sort}`)));
          assert.deepEqual(read, wanted.slice(0, 20), name);
        }
      });
    }

    test('unknown names are dropped, those of columns too; %2B is a plus; the last of one name does not count (lead-provider-api.md 3.6/2, 3.6/5)', async () => {
      const [name] = Object.keys(who()), get = (sort) => ids(who()[name], path, behind(needed, `page[per_page]=3000&sort=${sort}`));
      assert.deepEqual(await get('name,id,api_updated_at,-updated_at,-updated_at'), expected(name, ['-updated_at']));
      assert.deepEqual(await get('%2Bupdated_at,id'), expected(name, ['updated_at']));
      assert.deepEqual(await get('-created_at,created_at'), expected(name, ['-created_at']));
    });
  });
}

/**
 * A test of how many statements a page takes, and a record. `find` and `show`: the statements that find the records of a page and
 * read what is shown of them; `record`: the one of a record alone. The query worker is begun again, so it stands last in a file.
 */
export function takesFewStatements(path, { who, needed = '', find, show, record = show, since = true }) {
  test(`${path}: the number of statements does not depend on the size of the page (lead-provider-api.md 3.14/1)`, async () => {
    const [provider] = Object.values(who()), { system } = provider, [id] = await ids(provider, path, behind(needed, 'page[per_page]=1'));
    await tellStatements(system);
    const page = (query) => statementsOf(system, () => ids(provider, path, behind(needed, query)));
    for (const n of [1, 10, 3000]) assert.deepEqual(await page(`page[per_page]=${n}`), ['take_snapshot', find, show], `${n}`);
    if (since) assert.deepEqual(await page('page[per_page]=3000&filter[updated_since]=2020-01-01'), ['lock_list', 'take_snapshot', 'unlock_list', find, show]);
    assert.deepEqual(await statementsOf(system, () => provider.get(`${path}/${id}${behind(needed, '')}`)), [record]);
  });
}

/** What one provider does not see answers byte for byte as what does not exist (3.12). */
export async function isHidden(provider, path, id, needed = '') {
  const target = (one) => `${path}/${one}${behind(needed, '')}`;
  const [hidden, none] = [await provider.get(target(id)), await provider.get(target(randomUUID()))];
  const headers = (answer) => Object.fromEntries([...answer.headers].filter(([name]) => !/^(x-request-id|date|ratelimit)/.test(name)));
  assert.deepEqual([hidden.status, hidden.text, headers(hidden)], [404, none.text, headers(none)]);
}

/* replay: the main of a fuzz target without libFuzzer: reads the files that it is given. */
#include "tests/fuzz/fuzz.h"

static bool read_file(const char *path, struct buffer *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (int c = getc(file); c != EOF; c = getc(file))
        buffer_append_char(out, (char)c);
    bool whole = ferror(file) == 0;
    (void)fclose(file);
    return whole;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct buffer input = BUFFER_INIT;
        if (!read_file(argv[i], &input)) {
            perror(argv[i]);
            return 1;
        }
        (void)fprintf(stderr, "%s\n", argv[i]);
        (void)LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.size);
        buffer_release(&input);
    }
    return 0;
}

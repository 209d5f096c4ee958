/* fuzz/replay.c - feeds files to a fuzz target, without the fuzzer.
 *
 *     replay_csv CORPUS...        each a file, or a folder with files
 *
 * So that what fuzzing once found stays found: ./test builds each fuzz_x.c with this, under ASan
 * and UBSan, and gives it fuzz/corpus/x.  Every input is a heap block of exactly its size, so that
 * reading one byte past it is seen.  Fails when an input crashes, hangs, or when there is none. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS_PER_INPUT = 20, INPUT_MAX = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);
void __sanitizer_set_death_callback(void (*callback)(void));

static char current[4096]; /* the input being tried, for the message when it kills us */
static long tried;

static void name_input(void)
{
    static const char before[] = "\nreplay: input ";
    if (write(STDERR_FILENO, before, sizeof before - 1) < 0 ||
        write(STDERR_FILENO, current, strlen(current)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
        _exit(1);
}

static void on_alarm(int sig)
{
    (void)sig;
    name_input();
    static const char why[] = "replay: takes too long\n";
    _exit(write(STDERR_FILENO, why, sizeof why - 1) < 0 ? 1 : 2);
}

static void die(const char *path, const char *why)
{
    fprintf(stderr, "replay: %s: %s\n", path, why);
    exit(1);
}

static void try_file(const char *path, off_t size)
{
    if (size > INPUT_MAX)
        die(path, "larger than 64 MiB");
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        die(path, strerror(errno));
    uint8_t *data = malloc((size_t)size);
    if (data == NULL && size > 0)
        die(path, "no memory");
    if (fread(data, 1, (size_t)size, f) != (size_t)size)
        die(path, "cannot be read whole");
    fclose(f);
    snprintf(current, sizeof current, "%s", path);
    alarm(SECONDS_PER_INPUT);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    alarm(0);
    free(data);
    tried++;
}

static void try_path(const char *path);

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void try_folder(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, not_hidden, alphasort);
    if (n < 0)
        die(path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char inner[4096];
        int len = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (len < 0 || (size_t)len >= sizeof inner)
            die(path, "path too long");
        try_path(inner);
        free(entries[i]);
    }
    free(entries);
}

static void try_path(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        die(path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        try_folder(path);
    else
        try_file(path, st.st_size);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        die("usage", "replay CORPUS...");
    __sanitizer_set_death_callback(name_input);
    signal(SIGALRM, on_alarm);
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        try_path(argv[i]);
    if (tried == 0)
        die(argv[1], "no input in it");
    printf("%ld inputs\n", tried);
    return 0;
}

/* mixcl: finds the command, runs it, and prints what went wrong once. */
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cmd_help.h"
#include "cli/commands.h"

/* Without this, the first file opened would become standard output where that is closed. What is
 * opened in its place refuses the use: writing to input, reading from output. */
static void occupy_standard_streams(void) {
    for (int stream = 0; stream <= 2; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

/* Decoding takes and frees blocks of some 100 KB for every picture. As it comes, glibc gives them
 * back to the system each time, and 10 % of the time of fast_decode went into page faults. */
static void keep_memory(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
#endif
}

static mx_status run_command(const mx_command *command, const mx_args *args) {
    if (args->help) return mx_print_command_help(command);
    if (args->version) return mx_cmd_version(args);
    if (args->quiet) mx_log_set_level(MX_LOG_QUIET);
    if (args->verbose) mx_log_set_level(MX_LOG_VERBOSE);
    return command->run(args);
}

/* argv[0] is the command; `common` holds the options before it. */
static mx_status parse_and_run(const mx_args *common, int argc, const char *const *argv) {
    const mx_command *command = mx_find_command(argv[0]);
    if (!command) return MX_USAGE;
    mx_args args;
    mx_status status = mx_args_parse(&args, command->options, common, argc - 1, argv + 1);
    if (status == MX_OK)
        status = run_command(command, &args);
    else if (status == MX_USAGE)
        status = mx_fail(status, "%s; see 'mixcl %s -h'", mx_error(), command->name);
    mx_args_release(&args);
    return status;
}

static mx_status run(int argc, const char *const *argv) {
    mx_args common = {0};
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++)
        if (!mx_args_common(&common, argv[at]))
            return mx_fail(MX_USAGE, "unknown option '%s' before the command; see 'mixcl help'",
                           argv[at]);
    if (common.version) return mx_cmd_version(&common);
    if (at < argc) return parse_and_run(&common, argc - at, argv + at);
    mx_print_usage(common.help ? stdout : stderr);
    return common.help ? MX_OK : MX_USAGE;
}

static bool is_broken_pipe(int stream) {
    struct pollfd state = {.fd = stream, .events = POLLOUT};
    return poll(&state, 1, 0) == 1 && (state.revents & POLLERR);
}

/* A full disk may show only now. Nobody needs to hear that the reader of a pipe has left. */
static mx_status finish_output(void) {
    const bool failed_before = ferror(stdout), reader_left = is_broken_pipe(STDOUT_FILENO);
    errno = 0;
    if (fclose(stdout) == 0 && !failed_before) return MX_OK;
    if (reader_left) return mx_fail(MX_WRITE, "%s", "");
    if (errno == 0) return mx_fail(MX_WRITE, "cannot write standard output");
    return mx_fail(MX_WRITE, "cannot write standard output: %s", strerror(errno));
}

int main(int argc, char **argv) {
    occupy_standard_streams();
    keep_memory();
    /* Both become errors of the call that writes. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    mx_status status = run(argc, (const char *const *)argv);
    if (status == MX_OK) status = finish_output();
    if (status != MX_OK && *mx_error()) fprintf(stderr, "mixcl: error: %s\n", mx_error());
    return (int)status;
}

#include "cli/sweep_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "train/sweep_results.h"

/* The signals that are waited for. */
static const int waited[] = {SIGINT, SIGTERM, SIGCHLD};
enum { N_WAITED = sizeof waited / sizeof *waited };

/* A process at work. */
typedef struct slot {
    pid_t pid; /* 0: free */
    int run;
    off_t console; /* where its part of console.log begins */
    double started;
} slot;

typedef struct state {
    const mx_sweep_jobs *jobs;
    mx_sweep_outcome *outcomes;
    slot slots[MX_SWEEP_JOBS];
    int next, n_active; /* the first run that was not looked at; slots at work */
    int n_done;         /* runs that are finished or will not be */
    int stop;           /* the signal that ends the sweep, or 0 */
    bool terminal, drawn;
    sigset_t waited, before; /* what is blocked now, and was before */
} state;

static mx_status run_path(const state *s, int run, const char *file, char **out) {
    char name[MX_SWEEP_NAME_BYTES], *folder = NULL;
    mx_sweep_name(s->jobs->sweep, run, name);
    MX_TRY(mx_path_join(&folder, s->jobs->folder, name));
    const mx_status status = mx_path_join(out, folder, file);
    free(folder);
    return status;
}

static mx_status read_result(const state *s, int run, mx_sweep_result *result) {
    char *folder = NULL;
    MX_TRY(run_path(s, run, "", &folder));
    const mx_status status = mx_sweep_result_read(result, folder);
    free(folder);
    return status;
}

static void erase_line(state *s) {
    if (s->drawn) fputs("\r\033[K", stderr);
    s->drawn = false;
}

/* What is going on, on a terminal. */
static void draw_line(state *s) {
    enum { NAME_WIDTH = 48 }; /* so that a line has 80 columns at most */
    char name[MX_SWEEP_NAME_BYTES] = "";
    if (!s->terminal || mx_log_get_level() < MX_LOG_NORMAL) return;
    for (int i = 0; i < s->jobs->n_jobs; i++)
        if (s->slots[i].pid > 0) mx_sweep_name(s->jobs->sweep, s->slots[i].run, name);
    fprintf(stderr, "\r[%d/%d] %d at work: %.*s\033[K", s->n_done, s->jobs->sweep->n_runs,
            s->n_active, NAME_WIDTH, name);
    fflush(stderr);
    s->drawn = true;
}

/* A run's line: how it ended. */
static void say(state *s, int run, const mx_sweep_result *result, double seconds) {
    const mx_sweep_outcome *outcome = &s->outcomes[run];
    char name[MX_SWEEP_NAME_BYTES], score[32] = "";
    mx_sweep_name(s->jobs->sweep, run, name);
    erase_line(s);
    if (isfinite(result->accuracy))
        snprintf(score, sizeof score, "  accuracy %.4f", result->accuracy);
    if (outcome->status == MX_OK)
        mx_info("[%d/%d] %s%s  %.1f s", s->n_done, s->jobs->sweep->n_runs, name, score, seconds);
    else if (outcome->status == MX_BUSY)
        mx_info("[%d/%d] %s  in use by another process", s->n_done, s->jobs->sweep->n_runs, name);
    else
        mx_warn("%s: %s", name, outcome->message);
}

/* The child, which ends here. */
static void run_child(const state *s, int run, const char *device, int console, pid_t parent) {
    for (size_t i = 0; i < N_WAITED; i++)
        signal(waited[i], SIG_DFL);
    /* A terminal's Ctrl-C is for the parent, which passes it on: two of them would not save. */
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    if (getppid() != parent) _exit(MX_SIGTERM);
    dup2(console, STDOUT_FILENO);
    dup2(console, STDERR_FILENO);
    const mx_status status = s->jobs->train(s->jobs->user, run, device);
    if (status != MX_OK) fprintf(stderr, "mixcl: error: %s\n", mx_error());
    fflush(NULL);
    _exit((int)status);
}

static mx_status open_console(const state *s, int run, int *console, off_t *at) {
    char *folder = NULL, *path = NULL;
    mx_status status;
    MX_GO(run_path(s, run, "", &folder));
    MX_GO(mx_make_folders(folder));
    MX_GO(run_path(s, run, "console.log", &path));
    *console = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (*console < 0)
        status = mx_fail(MX_WRITE, "cannot create '%s': %s", path, strerror(errno));
    else
        *at = lseek(*console, 0, SEEK_END);
done:
    free(folder);
    free(path);
    return status;
}

static mx_status start(state *s, int at, int run) {
    slot *free_slot = &s->slots[at];
    const pid_t parent = getpid();
    int console = -1;
    *free_slot = (slot){.run = run, .started = mx_now_ms()};
    MX_TRY(open_console(s, run, &console, &free_slot->console));
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) run_child(s, run, s->jobs->devices[at], console, parent);
    close(console);
    if (pid < 0) return mx_fail(MX_MEMORY, "cannot start a process: %s", strerror(errno));
    setpgid(pid, pid);
    free_slot->pid = pid;
    s->n_active++;
    return MX_OK;
}

/* What the run said last, after "mixcl: error: ". */
static void take_message(const state *s, const slot *from, mx_sweep_outcome *outcome) {
    static const char mark[] = "mixcl: error: ";
    enum { LIMIT = 1 << 26 };
    char *path = NULL;
    mx_buf text = {0};
    snprintf(outcome->message, sizeof outcome->message, "it failed without a message");
    if (run_path(s, from->run, "console.log", &path) == MX_OK &&
        mx_read_file(&text, path, LIMIT) == MX_OK && (size_t)from->console < text.length) {
        const char *at = mx_buf_text(&text) + from->console, *last = NULL;
        while ((at = strstr(at, mark)) != NULL)
            last = at += sizeof mark - 1;
        if (last)
            snprintf(outcome->message, sizeof outcome->message, "%.*s", (int)strcspn(last, "\n"),
                     last);
    }
    mx_buf_release(&text);
    free(path);
}

static void take_outcome(const state *s, const slot *from, int ended, mx_sweep_outcome *outcome) {
    if (WIFEXITED(ended)) {
        outcome->status = (mx_status)WEXITSTATUS(ended);
        if (outcome->status != MX_OK) take_message(s, from, outcome);
    } else if (s->stop) {
        outcome->status = s->stop == SIGINT ? MX_SIGINT : MX_SIGTERM;
        snprintf(outcome->message, sizeof outcome->message, "stopped before it began");
    } else {
        outcome->status = MX_INTERNAL;
        snprintf(outcome->message, sizeof outcome->message, "killed by signal %d: %s",
                 WTERMSIG(ended), strsignal(WTERMSIG(ended)));
    }
}

/* Takes in the processes that have ended. */
static mx_status reap(state *s) {
    for (int i = 0; i < s->jobs->n_jobs; i++) {
        slot *ended = &s->slots[i];
        int how;
        if (ended->pid == 0 || waitpid(ended->pid, &how, WNOHANG) != ended->pid) continue;
        mx_sweep_outcome *outcome = &s->outcomes[ended->run];
        mx_sweep_result result;
        ended->pid = 0;
        s->n_active--;
        take_outcome(s, ended, how, outcome);
        MX_TRY(read_result(s, ended->run, &result));
        /* Another sweep may have finished it just before. */
        if (result.state == MX_SWEEP_FINISHED && outcome->status == MX_USAGE)
            outcome->status = MX_OK;
        s->n_done += outcome->status != MX_SIGINT && outcome->status != MX_SIGTERM;
        say(s, ended->run, &result, (mx_now_ms() - ended->started) * 1e-3);
    }
    return MX_OK;
}

/* Starts what there is room for; results are read just before, since other sweeps may be at work
 * in the same folder. */
static mx_status fill(state *s) {
    for (int i = 0; i < s->jobs->n_jobs; i++)
        while (s->slots[i].pid == 0 && s->next < s->jobs->sweep->n_runs) {
            mx_sweep_result result;
            MX_TRY(read_result(s, s->next, &result));
            if (result.state != MX_SWEEP_FINISHED)
                MX_TRY(start(s, i, s->next));
            else
                s->n_done++;
            s->next++;
        }
    return MX_OK;
}

static void pass_on(state *s, int signal) {
    for (int i = 0; i < s->jobs->n_jobs; i++)
        if (s->slots[i].pid > 0) kill(s->slots[i].pid, signal);
}

static mx_status work(state *s) {
    for (;;) {
        int signal;
        if (!s->stop) MX_TRY(fill(s));
        if (s->n_active == 0) return MX_OK;
        draw_line(s);
        sigwait(&s->waited, &signal);
        if (signal == SIGCHLD) {
            MX_TRY(reap(s));
        } else {
            s->stop = signal;
            pass_on(s, signal);
        }
    }
}

/* Ends what is left after a failure, saved. */
static void abandon(state *s) {
    pass_on(s, SIGTERM);
    for (int i = 0; i < s->jobs->n_jobs; i++)
        if (s->slots[i].pid > 0) waitpid(s->slots[i].pid, NULL, 0);
}

/* So that SIGCHLD is not ignored while it is blocked. */
static void on_child(int signal) {
    (void)signal;
}

mx_status mx_sweep_jobs_run(const mx_sweep_jobs *jobs, mx_sweep_outcome *outcomes) {
    struct sigaction action = {.sa_handler = on_child}, before;
    state s = {.jobs = jobs, .outcomes = outcomes, .terminal = mx_log_is_terminal(stderr)};
    sigemptyset(&action.sa_mask);
    sigemptyset(&s.waited);
    for (size_t i = 0; i < N_WAITED; i++)
        sigaddset(&s.waited, waited[i]);
    sigaction(SIGCHLD, &action, &before);
    sigprocmask(SIG_BLOCK, &s.waited, &s.before);
    mx_status status = work(&s);
    if (status != MX_OK) abandon(&s);
    erase_line(&s);
    sigprocmask(SIG_SETMASK, &s.before, NULL);
    sigaction(SIGCHLD, &before, NULL);
    if (status == MX_OK && s.stop)
        status = mx_fail(s.stop == SIGINT ? MX_SIGINT : MX_SIGTERM,
                         "stopped after %d of %d runs, all is saved; the same command goes on",
                         s.n_done, jobs->sweep->n_runs);
    return status;
}

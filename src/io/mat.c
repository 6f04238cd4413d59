#include "io/mat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

void mx_mafa_release(mx_mafa *mafa) {
    free(mafa->faces);
    free(mafa->names);
    *mafa = (mx_mafa){0};
}

#ifdef MIXCL_WITH_MAT

#include "io/mat_faces.h"

/* The limits keep a damaged file from taking the machine. */
enum { CHILD_CPU_SECONDS = 60, CHILD_MEMORY = 1 << 30 };

/* Precedes what the child sends: the message of a failure, or names and faces. */
typedef struct answer {
    mx_status status;
    bool train;
    size_t name_bytes, n_faces;
} answer;

static void send_bytes(int pipe_end, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        const ssize_t sent = write(pipe_end, next, count);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) _exit(1);
        next += sent;
        count -= (size_t)sent;
    }
}

/* What the process has mapped already, which is much where a device driver is, does not count. */
static void limit_child(void) {
    const struct rlimit seconds = {CHILD_CPU_SECONDS, CHILD_CPU_SECONDS + 5};
    unsigned long pages = 0;
    setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
    setrlimit(RLIMIT_CPU, &seconds);
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return;
    if (fscanf(file, "%lu", &pages) == 1) {
        const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + CHILD_MEMORY;
        setrlimit(RLIMIT_AS, &(const struct rlimit){bytes, bytes});
    }
    fclose(file);
}

/* libmatio and HDF5 complain on standard error; what counts is said by the parent. */
static _Noreturn void run_child(int pipe_end, const char *path) {
    mx_mat_faces result = {0};
    const int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0)
        _exit(1);
    limit_child();
    answer head = {.status = mx_mat_read_faces(&result, path)};
    head.train = result.train;
    head.n_faces = result.faces.length / sizeof(mx_mafa_face);
    head.name_bytes = result.names.length;
    if (head.status != MX_OK) head = (answer){.status = head.status};
    send_bytes(pipe_end, &head, sizeof head);
    if (head.status != MX_OK) {
        send_bytes(pipe_end, mx_error(), strlen(mx_error()));
        _exit(0);
    }
    send_bytes(pipe_end, mx_buf_text(&result.names), result.names.length);
    send_bytes(pipe_end, mx_buf_text(&result.faces), result.faces.length);
    _exit(0);
}

static mx_status receive_all(mx_buf *out, int pipe_end) {
    char chunk[65536];
    for (;;) {
        const ssize_t count = read(pipe_end, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return mx_buf_check(out);
        mx_buf_append(out, chunk, (size_t)count);
    }
}

/* Runs libmatio in a child process; what it sends is appended to `out`. */
static mx_status ask_child(mx_buf *out, const char *path) {
    int ends[2], state = 0;
    if (pipe(ends) != 0) return mx_fail(MX_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    const pid_t child = fork();
    if (child == 0) run_child(ends[1], path);
    close(ends[1]);
    mx_status status = MX_OK;
    if (child < 0)
        status = mx_fail(MX_MEMORY, "cannot start a process: %s", strerror(errno));
    else
        status = receive_all(out, ends[0]);
    close(ends[0]);
    while (child > 0 && waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (status == MX_OK && WIFSIGNALED(state) && WTERMSIG(state) == SIGXCPU)
        status = mx_fail(MX_DATA,
                         "libmatio takes over %d seconds, as it does for thousands of pictures in "
                         "version 7.3; save the file by MATLAB's 'save -v7'",
                         CHILD_CPU_SECONDS);
    return status;
}

/* Gives every face its name. A child that read a damaged file is not trusted. */
static bool place_names(mx_mafa *mafa, size_t name_bytes) {
    const char *name = mafa->names, *end = mafa->names + name_bytes;
    for (size_t i = 0; i < mafa->n_faces; i++) {
        const char *next = memchr(name, '\0', (size_t)(end - name));
        if (!next) return false;
        mafa->faces[i].image = name;
        name = next + 1;
    }
    return name == end;
}

static mx_status take_answer(mx_mafa *out, const mx_buf *sent) {
    const char *damaged = "damaged: libmatio cannot read it";
    answer head;
    size_t face_bytes = 0;
    if (sent->length < sizeof head) return mx_fail(MX_DATA, "%s", damaged);
    memcpy(&head, sent->data, sizeof head);
    const char *bytes = sent->data + sizeof head;
    const size_t left = sent->length - sizeof head;
    if (head.status != MX_OK) return mx_fail(head.status, "%.*s", (int)left, bytes);
    if (!mx_size_mul(head.n_faces, sizeof *out->faces, &face_bytes) || head.name_bytes > left ||
        face_bytes != left - head.name_bytes)
        return mx_fail(MX_DATA, "%s", damaged);
    MX_TRY(mx_alloc(&out->names, head.name_bytes, 1));
    MX_TRY(mx_alloc(&out->faces, head.n_faces, sizeof *out->faces));
    memcpy(out->names, bytes, head.name_bytes);
    memcpy(out->faces, bytes + head.name_bytes, face_bytes);
    out->train = head.train;
    out->n_faces = head.n_faces;
    return place_names(out, head.name_bytes) ? MX_OK : mx_fail(MX_DATA, "%s", damaged);
}

mx_status mx_mafa_read(mx_mafa *out, const char *path) {
    mx_buf sent = {0};
    *out = (mx_mafa){0};
    MX_TRY(mx_mat_check(path));
    mx_status status = ask_child(&sent, path);
    if (status == MX_OK) status = take_answer(out, &sent);
    mx_buf_release(&sent);
    if (status != MX_OK) mx_mafa_release(out);
    return mx_context(status, "cannot read '%s'", path);
}

#else

mx_status mx_mafa_read(mx_mafa *out, const char *path) {
    *out = (mx_mafa){0};
    return mx_fail(MX_USAGE,
                   "cannot read '%s': this mixcl was built without libmatio; build with "
                   "-DMIXCL_MAT=ON",
                   path);
}

#endif

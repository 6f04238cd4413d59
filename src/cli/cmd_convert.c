/* mixcl convert: weights of torch.save, of safetensors or of a run, as a .safetensors file. Our own
 * files have torch's names and layout already, so that tensors pass as they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "io/printable.h"
#include "io/tensorfile.h"

const mx_option mx_cmd_convert_options[] = {
    {"IN", NULL, "a .pth, a .safetensors, or a run folder"},
    {"OUT", NULL, "the .safetensors file to write"},
    {"--without", "PREFIX", "leave out tensors named PREFIX...; repeatable"},
    {"--json", NULL, "print JSON"},
    {0},
};

/* The weights of a run folder are its best, or its last where there was no evaluation. */
static mx_status locate(const char *in, char **out) {
    if (!mx_is_folder(in)) return mx_strdup(out, in);
    MX_TRY(mx_path_join(out, in, "best.safetensors"));
    if (mx_file_exists(*out)) return MX_OK;
    free(*out);
    MX_TRY(mx_path_join(out, in, "last.safetensors"));
    if (mx_file_exists(*out)) return MX_OK;
    return mx_fail(MX_DATA, "the folder '%s' has neither best.safetensors nor last.safetensors",
                   in);
}

static mx_status check_out(const char *in, const char *out) {
    struct stat from, to;
    if (!mx_path_has_extension(out, "safetensors"))
        return mx_fail(MX_USAGE, "cannot write '%s': OUT must end in .safetensors", out);
    if (stat(in, &from) == 0 && stat(out, &to) == 0 && from.st_dev == to.st_dev &&
        from.st_ino == to.st_ino)
        return mx_fail(MX_USAGE, "OUT '%s' is the file that is read; name another", out);
    return MX_OK;
}

static bool starts_with(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Takes the tensors that --without names off the list. */
static mx_status drop_prefixed(const mx_args *args, mx_tensorfile *file, const char *in) {
    int n_prefixes;
    const char *const *prefixes = mx_args_values(args, "--without", &n_prefixes);
    for (int p = 0; p < n_prefixes; p++) {
        size_t kept = 0;
        for (size_t i = 0; i < file->n_tensors; i++)
            if (!starts_with(file->tensors[i].name, prefixes[p]))
                file->tensors[kept++] = file->tensors[i];
        if (kept == file->n_tensors)
            return mx_fail(MX_USAGE, "no tensor of '%s' begins with '%s'", in, prefixes[p]);
        file->n_tensors = kept;
    }
    if (file->n_tensors == 0) return mx_fail(MX_USAGE, "--without leaves no tensor of '%s'", in);
    return MX_OK;
}

/* A .pth may hold names that a JSON header cannot. */
static mx_status check_names(const mx_tensorfile *file, const char *in) {
    json_t *seen = json_object();
    mx_status status = MX_OK;
    for (size_t i = 0; status == MX_OK && i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name, *problem = NULL;
        if (json_object_get(seen, name))
            problem = "is there twice";
        else if (strcmp(name, "__metadata__") == 0)
            problem = "has a name that .safetensors reserves";
        else if (json_object_set_new(seen, name, json_true()) != 0)
            problem = "has a name that is not UTF-8";
        if (problem)
            status = mx_fail(MX_DATA, "cannot convert '%s': tensor '%s' %s", in,
                             mx_printable_text(name).text, problem);
    }
    json_decref(seen);
    return status;
}

static mx_status print_result(const mx_args *args, const mx_tensorfile *file, const char *out,
                              size_t n_skipped) {
    struct stat info = {0};
    size_t parameters = 0;
    for (size_t i = 0; i < file->n_tensors; i++)
        parameters += file->tensors[i].count;
    if (stat(out, &info) != 0) return mx_fail(MX_WRITE, "'%s' has gone", out);
    if (mx_args_flag(args, "--json"))
        return mx_print_json(json_pack("{s:I, s:I, s:I, s:I}", "tensors",
                                       (json_int_t)file->n_tensors, "parameters",
                                       (json_int_t)parameters, "bytes", (json_int_t)info.st_size,
                                       "skipped", (json_int_t)n_skipped));
    printf("%s: %zu tensors, %zu parameters, %.1f MiB", out, file->n_tensors, parameters,
           (double)info.st_size / (1 << 20));
    if (n_skipped) printf("; left out %zu", n_skipped);
    putchar('\n');
    return MX_OK;
}

mx_status mx_cmd_convert(const mx_args *args) {
    const char *out = mx_args_positional(args, 1);
    mx_tensorfile file = {0};
    char *in = NULL;
    mx_status status;
    MX_GO(locate(mx_args_positional(args, 0), &in));
    MX_GO(check_out(in, out));
    MX_GO(mx_tensorfile_load(&file, in));
    const size_t n_found = file.n_tensors + file.n_skipped;
    MX_GO(drop_prefixed(args, &file, in));
    MX_GO(check_names(&file, in));
    MX_GO(mx_tensorfile_write(out, file.tensors, file.n_tensors, file.notes, file.n_notes));
    MX_GO(print_result(args, &file, out, n_found - file.n_tensors));
done:
    mx_tensorfile_release(&file);
    free(in);
    return status;
}

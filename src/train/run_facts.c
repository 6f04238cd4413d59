#include "train/run_facts.h"

#include <stdlib.h>

#include "base/fs.h"

mx_status mx_run_facts_read(const char *run, json_t **out) {
    enum { LIMIT = 1 << 24 };
    char *path = NULL;
    mx_buf text = {0};
    json_error_t error;
    mx_status status;
    *out = NULL;
    MX_GO(mx_path_join(&path, run, "run.json"));
    MX_GO(mx_read_file(&text, path, LIMIT));
    *out = json_loadb(mx_buf_text(&text), text.length, 0, &error);
    if (json_is_object(*out)) goto done;
    status = mx_fail(MX_DATA, "'%s' is damaged: line %d: %s", path, *out ? 1 : error.line,
                     *out ? "not an object" : error.text);
    json_decref(*out);
    *out = NULL;
done:
    mx_buf_release(&text);
    free(path);
    return status;
}

/* Configuration and machine of a run. */
#include "report/html_parts.h"

static void put_setting(mx_buf *out, const mx_report_setting *setting) {
    mx_buf_puts(out, "<tr><th scope=\"row\"><code>");
    mx_html_text(out, setting->section, MX_HTML_NAME);
    mx_buf_puts(out, ".");
    mx_html_text(out, setting->key, MX_HTML_NAME);
    mx_buf_puts(out, "</code></th><td><code>");
    mx_html_text(out, setting->value, MX_HTML_LONG);
    mx_buf_puts(out, *setting->fallback ? "</code></td><td><code>" : "</code></td><td>");
    mx_html_text(out, setting->fallback, MX_HTML_LONG);
    mx_buf_puts(out, *setting->fallback ? "</code></td></tr>\n" : "</td></tr>\n");
}

static size_t put_settings(mx_buf *out, const mx_report *report, bool changed) {
    size_t count = 0;
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full settings\">\n<thead><tr>"
                     "<th scope=\"col\">Key</th><th scope=\"col\">Value</th>"
                     "<th scope=\"col\">Default</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < report->n_settings; i++)
        if (report->settings[i].changed == changed) {
            put_setting(out, &report->settings[i]);
            count++;
        }
    mx_buf_puts(out, "</tbody></table></div>\n");
    return count;
}

void mx_html_settings(mx_buf *out, const mx_report *report) {
    if (report->n_settings == 0) return;
    mx_html_begin_section(out, "configuration", "Configuration");
    mx_buf_puts(out, "<p class=\"soft\">What differs from the defaults.</p>\n");
    const size_t changed = put_settings(out, report, true);
    mx_buf_printf(out, "<details><summary>%zu keys at their defaults</summary>\n",
                  report->n_settings - changed);
    put_settings(out, report, false);
    mx_buf_puts(out, "</details>\n");
    mx_html_end_section(out);
}

void mx_html_fact(mx_buf *out, const char *name, const char *value) {
    if (*value == '\0') return;
    mx_buf_printf(out, "<tr><th scope=\"row\">%s</th><td class=\"name\">", name);
    mx_html_text(out, value, MX_HTML_LONG);
    mx_buf_puts(out, "</td></tr>\n");
}

static void put_number(mx_buf *out, const char *name, uint64_t value) {
    if (value == 0) return;
    mx_buf_printf(out, "<tr><th scope=\"row\">%s</th><td>", name);
    mx_html_count(out, value);
    mx_buf_puts(out, "</td></tr>\n");
}

void mx_html_machine(mx_buf *out, const mx_report *report) {
    mx_html_begin_section(out, "machine", "Made with");
    mx_buf_puts(out, "<div class=\"scroll\"><table class=\"full\">\n<tbody>\n");
    mx_html_fact(out, "Device", report->device);
    mx_html_fact(out, "Platform", report->platform);
    mx_html_fact(out, "Driver", report->driver);
    mx_html_fact(out, "OpenCL", report->device_version);
    mx_html_fact(out, "mixcl", report->version);
    mx_html_fact(out, "Revision", report->git);
    mx_buf_printf(out, "<tr><th scope=\"row\">Seed</th><td>%llu</td></tr>\n",
                  (unsigned long long)report->seed);
    mx_html_fact(out, "Network", report->model);
    put_number(out, "Trained numbers", report->parameters);
    put_number(out, "Steps", report->step);
    mx_html_fact(out, "Ended because", report->ended);
    mx_buf_puts(out, "</tbody></table></div>\n");
    mx_html_end_section(out);
}

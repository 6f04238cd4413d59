/* The plots of a page. */
#include "report/canvas.h"
#include "report/html_parts.h"

void mx_html_svg(mx_buf *out, const mx_buf *svg, const char *alt) {
    mx_buf_puts(out, "<figure><img alt=\"");
    mx_html_text(out, alt, MX_HTML_LONG);
    mx_buf_puts(out, "\" src=\"data:image/svg+xml;base64,");
    mx_html_base64(out, svg->data, svg->length);
    mx_buf_puts(out, "\"></figure>\n");
}

mx_status mx_html_plot(mx_buf *out, const mx_report *report, mx_report_plot plot) {
    mx_buf svg = {0}, alt = {0};
    mx_status status;
    if (!mx_canvas_is_there() || !mx_report_has_plot(report, plot)) return MX_OK;
    MX_GO(mx_report_plot_svg(report, plot, &svg));
    mx_report_plot_describe(report, plot, &alt);
    MX_GO(mx_buf_check(&alt));
    mx_html_svg(out, &svg, mx_buf_text(&alt));
done:
    mx_buf_release(&svg);
    mx_buf_release(&alt);
    return status;
}

mx_status mx_html_curves(mx_buf *out, const mx_report *report) {
    if (report->history.n_rows == 0) return MX_OK;
    mx_html_begin_section(out, "curves", "How it learned");
    if (!mx_canvas_is_there())
        mx_buf_puts(out, "<p>There are no plots: this mixcl was built without Cairo. The numbers "
                         "are in metrics.csv.</p>\n");
    mx_buf_puts(out, "<div class=\"plots\">\n");
    for (int plot = MX_PLOT_LOSS; plot <= MX_PLOT_LR; plot++)
        MX_TRY(mx_html_plot(out, report, (mx_report_plot)plot));
    mx_buf_puts(out, "</div>\n");
    mx_html_end_section(out);
    return MX_OK;
}

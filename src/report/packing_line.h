/* The redrawn line of a terminal while pictures are prepared; nothing elsewhere or when quiet. */
#ifndef MX_REPORT_PACKING_LINE_H
#define MX_REPORT_PACKING_LINE_H

#include <stdbool.h>
#include <stdio.h>

typedef struct mx_packing_line {
    FILE *stream;
    bool shown, drawn; /* drawn: it is on the terminal */
    double start_ms, drawn_ms;
} mx_packing_line;

void mx_packing_line_init(mx_packing_line *line, FILE *stream);
/* `done` of `total` pictures are prepared, `bad` of them cannot be used. */
void mx_packing_line_draw(mx_packing_line *line, size_t done, size_t total, size_t bad);
/* Erases the line. */
void mx_packing_line_end(mx_packing_line *line);

#endif

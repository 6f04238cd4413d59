/* Time as a stopwatch sees it. */
#ifndef MX_BASE_CLOCK_H
#define MX_BASE_CLOCK_H

/* Milliseconds since a moment of the past that stays the same while the program runs. */
double mx_now_ms(void);

#endif

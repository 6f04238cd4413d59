/* The XML parts of a workbook by expat. A document type declaration is refused, and with it every
 * entity that could grow. Inner header of the .xlsx reader. */
#ifndef MX_IO_XLSX_XML_H
#define MX_IO_XLSX_XML_H

#include "base/buf.h"
#include "base/status.h"

/* Called in document order with names without their namespace; text comes in pieces. The first
 * failure ends the reading. Each may be NULL. */
typedef struct mx_xml_handlers {
    mx_status (*start)(void *data, const char *name, const char **attributes);
    mx_status (*end)(void *data, const char *name);
    mx_status (*text)(void *data, const char *bytes, size_t count);
} mx_xml_handlers;

/* Fails with what a handler fails with, else with MX_DATA (line in the message) or MX_MEMORY. */
mx_status mx_xml_parse(const mx_buf *document, const mx_xml_handlers *handlers, void *data);

/* The value of the attribute called `name` without its namespace; NULL when there is none. */
const char *mx_xml_attribute(const char **attributes, const char *name);

#endif

#include "io/xlsx_xml.h"

#include <limits.h>
#include <string.h>

#include <expat.h>

/* Between a namespace and a name; no URI has it. */
#define SEPARATOR '|'

typedef struct xml_reader {
    XML_Parser parser;
    const mx_xml_handlers *handlers;
    void *data;
    mx_status status;
} xml_reader;

static const char *local_name(const char *name) {
    const char *separator = strrchr(name, SEPARATOR);
    return separator ? separator + 1 : name;
}

/* expat may call on for a while after it was stopped. */
static void take(xml_reader *reader, mx_status status) {
    reader->status = status;
    if (status != MX_OK) XML_StopParser(reader->parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
    xml_reader *reader = data;
    if (reader->status == MX_OK && reader->handlers->start)
        take(reader, reader->handlers->start(reader->data, local_name(name), attributes));
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
    xml_reader *reader = data;
    if (reader->status == MX_OK && reader->handlers->end)
        take(reader, reader->handlers->end(reader->data, local_name(name)));
}

static void XMLCALL on_text(void *data, const XML_Char *bytes, int count) {
    xml_reader *reader = data;
    if (reader->status == MX_OK && reader->handlers->text)
        take(reader, reader->handlers->text(reader->data, bytes, (size_t)count));
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int internal) {
    xml_reader *reader = data;
    (void)name, (void)system, (void)public, (void)internal;
    take(reader, mx_fail(MX_DATA, "a document type declaration, which no workbook has"));
}

static mx_status parser_error(const xml_reader *reader) {
    const enum XML_Error code = XML_GetErrorCode(reader->parser);
    if (reader->status != MX_OK) return reader->status;
    if (code == XML_ERROR_NO_MEMORY) return mx_fail(MX_MEMORY, "no memory for the XML reader");
    return mx_fail(MX_DATA, "damaged XML on line %lu: %s",
                   (unsigned long)XML_GetCurrentLineNumber(reader->parser), XML_ErrorString(code));
}

mx_status mx_xml_parse(const mx_buf *document, const mx_xml_handlers *handlers, void *data) {
    xml_reader reader = {XML_ParserCreateNS(NULL, SEPARATOR), handlers, data, MX_OK};
    mx_status status = MX_OK;
    if (!reader.parser) return mx_fail(MX_MEMORY, "no memory for the XML reader");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    if (document->length > INT_MAX)
        status = mx_fail(MX_DATA, "more than %d bytes of XML", INT_MAX);
    else if (XML_Parse(reader.parser, mx_buf_text(document), (int)document->length, XML_TRUE) ==
             XML_STATUS_ERROR)
        status = parser_error(&reader);
    XML_ParserFree(reader.parser);
    return status;
}

const char *mx_xml_attribute(const char **attributes, const char *name) {
    for (const char **pair = attributes; pair[0]; pair += 2)
        if (strcmp(local_name(pair[0]), name) == 0) return pair[1];
    return NULL;
}

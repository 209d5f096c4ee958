/* exchange/text_of.h - the plain text of a document: paragraphs as lines, nothing of its looks.
 * Errors: ERR_IO, ERR_SYNTAX, ERR_TOO_BIG. */
#pragma once
#include "base/err.h"

/* word/document.xml of a docx. */
MUST_USE bool text_of_docx(const char *path, struct buf *out, struct err *e);
/* By pdftotext (poppler-utils), in a process of its own with limits on time, memory and output. */
MUST_USE bool text_of_pdf(const char *path, struct buf *out, struct err *e);

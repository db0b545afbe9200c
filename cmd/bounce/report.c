#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "dsn.h"
#include "exits.h"
#include "header.h"
#include "report.h"
#include "text.h"

#define LINE_MAX_998 998
#define BOUNDARY     48

/* --- reading the request -------------------------------------------------- */

int
outcome_next(const struct record *record, size_t *at, struct outcome *outcome)
{
	const char **const values[] = {&outcome->original_recipient,
	    &outcome->orcpt, &outcome->class, &outcome->action,
	    &outcome->status, &outcome->text, &outcome->mta, &outcome->reply};
	static const char *const names[] = {"original_recipient", "orcpt",
	    "class", "action", "status", "text", "mta", "reply"};
	const char *name, *value;
	size_t next;

	if ((outcome->recipient = record_each(record, "recipient", at)) == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		*values[i] = "";
	for (next = *at; record_walk(record, &next, &name, &value) &&
			 !record_is(name, "recipient");
	     *at = next)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (record_is(name, names[i]))
				*values[i] = value;
	return 1;
}

/* Whole seconds of "1764000000.123456"; 0 if it is no time. */
static time_t
seconds(const char *text)
{
	time_t sum = 0;

	for (; isdigit((unsigned char)*text); text++)
		if (sum < 100000000000)
			sum = sum * 10 + (*text - '0');
	return sum;
}

const char *
report_read(struct report *report, const struct record *request, time_t now)
{
	const char *kind = record_text(request, "request");
	uint64_t expiry;

	if (strcmp(kind, "failed") == 0)
		report->kind = REPORT_FAILED;
	else if (strcmp(kind, "warning") == 0)
		report->kind = REPORT_WARNING;
	else if (strcmp(kind, "delivered") == 0)
		report->kind = REPORT_DELIVERED;
	else
		return "request is none of failed, warning, delivered";
	if ((report->id = record_get(request, "id")) == NULL)
		return "no id";
	if ((report->sender = record_get(request, "sender")) == NULL)
		return "no sender";
	if (*report->sender == '\0')
		return "a null sender gets no report";
	if (record_get(request, "recipient") == NULL)
		return "no recipient";
	report->now = now;
	report->arrival = seconds(record_text(request, "arrival"));
	report->until = 0;
	if (record_number(request, "expiry", 1000000000, &expiry) == 1)
		report->until = now + (time_t)expiry;
	report->outcomes = request;
	report->truncated = record_get(request, "truncated") != NULL;
	report->envid = record_text(request, "envid");
	/* RFC 3461 4.3: a warning or a success brings no content back. */
	report->header_only =
	    report->kind != REPORT_FAILED ||
	    strcasecmp(record_text(request, "ret"), "HDRS") == 0;
	return NULL;
}

/* --- the parts ------------------------------------------------------------ */

/* RFC 3463 2: class, subject, detail */
static bool
is_status(const char *status)
{
	int parts = 0;

	if (*status != '2' && *status != '4' && *status != '5')
		return false;
	if (strlen(status) > 9)
		return false;
	for (status++; *status == '.' && isdigit((unsigned char)status[1]);
	     parts++)
		status += 1 + strspn(status + 1, "0123456789");
	return parts == 2 && *status == '\0';
}

static bool
is_reply(const char *text)
{
	return strspn(text, "0123456789") == 3 && strchr(" -", text[3]) != NULL;
}

static void
put_success(FILE *out, const struct outcome *outcome)
{
	char text[400];

	if (strcmp(outcome->action, "relayed") == 0)
		snprintf(text, sizeof(text),
		    "Handed on to %.255s, which does not tell what became of "
		    "it.",
		    *outcome->mta == '\0' ? "another host" : outcome->mta);
	else
		strlcpy(text, "Delivered.", sizeof(text));
	put_words(out, 4, "    ", text);
}

static void
put_text_outcome(FILE *out, const struct outcome *outcome)
{
	char said[300];
	size_t used = 0;

	fputs("\n  <", out);
	for (const char *p = outcome->recipient; *p && used < WORD_MAX; p++)
		used += put_byte(out, *p);
	fputs(">\n    ", out);
	if (strcmp(outcome->class, "done") == 0) {
		put_success(out, outcome);
		return;
	}
	put_words(out, 4, "    ", reason_words(outcome->status));
	if (*outcome->original_recipient != '\0' &&
	    strcmp(outcome->original_recipient, outcome->recipient) != 0) {
		fputs("    It was sent there for ", out);
		put_words(out, 26, "    ", outcome->original_recipient);
	}
	if (*outcome->reply != '\0') {
		snprintf(said, sizeof(said), "%.255s said:",
		    *outcome->mta == '\0' ? "The other host" : outcome->mta);
		fputs("    ", out);
		put_words(out, 4, "    ", said);
		fputs("        ", out);
		put_words(out, 8, "        ", outcome->reply);
	} else if (*outcome->text != '\0') {
		fputs("    In detail:\n        ", out);
		put_words(out, 8, "        ", outcome->text);
	}
}

static const char failed_text[] =
    "Your message could not be delivered to the recipients named below.\n"
    "It is not tried again.\n";
static const char delivered_text[] =
    "Your message has reached the recipients named below.  You asked to be\n"
    "told.\n";
static const char warning_text[] =
    "This is a warning only; there is nothing you need to do.\n\n"
    "Your message could not be delivered yet to the recipients named\n"
    "below.  It is being tried again.\n";

static void
put_text(FILE *out, const struct report *report)
{
	static const char *const texts[] = {
	    failed_text, warning_text, delivered_text};
	const bool warning = report->kind == REPORT_WARNING;
	struct outcome outcome;
	char date[DATE_SIZE];
	size_t at = 0;

	fputs("Content-Type: text/plain; charset=us-ascii\n"
	      "Content-Description: What happened\n\n",
	    out);
	fprintf(out, "This is the mail system at host %s.\n\n%s", report->me,
	    texts[report->kind]);
	date_rfc5322(date, sizeof(date), report->arrival);
	fprintf(out, "\nThe message was accepted here on\n  %s\n", date);
	if (warning && report->until != 0) {
		date_rfc5322(date, sizeof(date), report->until);
		fprintf(
		    out, "and is given up, if it must be, on\n  %s\n", date);
	}
	while (outcome_next(report->outcomes, &at, &outcome))
		put_text_outcome(out, &outcome);
	fprintf(out,
	    "\nFor help write to <postmaster@%s> and send this report along.\n",
	    report->me);
}

/* What the sender said (RFC 3461 4.2), else the address before ours. */
static void
put_original_recipient(FILE *out, const struct outcome *outcome)
{
	const char *at = strchr(outcome->orcpt, ';');
	char type[DSN_ORCPT], address[DSN_ORCPT];

	if (at != NULL && dsn_is_orcpt(outcome->orcpt) &&
	    xtext_decode(at + 1, address, sizeof(address))) {
		snprintf(type, sizeof(type), "%.*s", (int)(at - outcome->orcpt),
		    outcome->orcpt);
		put_field(out, "Original-Recipient", type, address);
	} else if (*outcome->original_recipient != '\0')
		put_address(
		    out, "Original-Recipient", outcome->original_recipient);
}

/* RFC 3464 2.3 */
static void
put_status_outcome(
    FILE *out, const struct report *report, const struct outcome *outcome)
{
	static const char *const actions[] = {"failed", "delayed", "delivered"};
	static const char *const statuses[] = {"5.0.0", "4.0.0", "2.0.0"};
	const bool relayed = report->kind == REPORT_DELIVERED &&
			     strcmp(outcome->action, "relayed") == 0;
	char date[DATE_SIZE], host[256];

	fputc('\n', out);
	put_original_recipient(out, outcome);
	put_address(out, "Final-Recipient", outcome->recipient);
	put_field(
	    out, "Action", "", relayed ? "relayed" : actions[report->kind]);
	put_field(out, "Status", "",
	    is_status(outcome->status) ? outcome->status
				       : statuses[report->kind]);
	if (*outcome->mta != '\0') {
		snprintf(host, sizeof(host), "%.*s",
		    (int)strcspn(outcome->mta, " "), outcome->mta);
		put_field(out, "Remote-MTA", "dns", host);
	}
	if (is_reply(outcome->reply))
		put_field(out, "Diagnostic-Code", "smtp", outcome->reply);
	else if (*outcome->text != '\0')
		put_field(out, "Diagnostic-Code", "x-postern", outcome->text);
	if (report->kind == REPORT_WARNING && report->until != 0) {
		date_rfc5322(date, sizeof(date), report->until);
		put_field(out, "Will-Retry-Until", "", date);
	}
}

/* RFC 3464 2.2 */
static void
put_delivery_status(FILE *out, const struct report *report)
{
	struct outcome outcome;
	char date[DATE_SIZE], envid[DSN_ENVID + 1];
	size_t at = 0;

	fputs("Content-Type: message/delivery-status\n"
	      "Content-Description: For mail programs\n\n",
	    out);
	if (*report->envid != '\0' &&
	    xtext_decode(report->envid, envid, sizeof(envid)))
		put_field(out, "Original-Envelope-Id", "", envid);
	put_field(out, "Reporting-MTA", "dns", report->me);
	put_field(out, "X-Postern-Queue-Id", "", report->id);
	date_rfc5322(date, sizeof(date), report->arrival);
	put_field(out, "Arrival-Date", "", date);
	while (outcome_next(report->outcomes, &at, &outcome))
		put_status_outcome(out, report, &outcome);
}

/* May the original stand in a message as it is? */
static bool
is_fit(const struct report *report)
{
	size_t line = 0;

	if (report->header_only || report->truncated ||
	    report->len > REPORT_CONTENT)
		return false;
	for (size_t i = 0; i < report->len; i++) {
		line = report->content[i] == '\n' ? 0 : line + 1;
		if (line > LINE_MAX_998 || report->content[i] == '\0' ||
		    report->content[i] == '\r')
			return false;
	}
	return true;
}

/* The header alone, cleaned of what may not be sent, its lines cut. */
static void
put_header_lines(FILE *out, const struct report *report)
{
	struct header_field field;
	size_t at = 0, line;
	char c;

	while (header_next(report->content, report->len, &at, &field)) {
		line = 0;
		for (size_t i = 0; i < field.len; i++) {
			c = field.text[i];
			line = c == '\n' ? 0 : line + 1;
			if (line <= WORD_MAX)
				fputc(c == '\r' || c == '\0' ? '?' : c, out);
		}
		if (line > 0)
			fputc('\n', out);
	}
}

static void
put_original(FILE *out, const struct report *report, bool eightbit)
{
	const char *encoding =
	    eightbit ? "Content-Transfer-Encoding: 8bit\n" : "";

	if (!is_fit(report)) {
		fprintf(out,
		    "Content-Type: text/rfc822-headers\n%s"
		    "Content-Description: The message's header\n\n",
		    encoding);
		put_header_lines(out, report);
		return;
	}
	fprintf(out,
	    "Content-Type: message/rfc822\n%s"
	    "Content-Description: The message\n\n",
	    encoding);
	fwrite(report->content, 1, report->len, out);
	if (report->len > 0 && report->content[report->len - 1] != '\n')
		fputc('\n', out);
}

/* --- the whole ------------------------------------------------------------ */

static bool
is_visible(const char *text, size_t max)
{
	size_t len = 0;

	for (; text[len] != '\0'; len++)
		if (!isprint((unsigned char)text[len]))
			return false;
	return len > 0 && len <= max;
}

/* RFC 3834 3.1.5: a thread's programs find what this answers. */
static void
put_reference(FILE *out, const struct report *report)
{
	struct header_field field;
	size_t at = 0;
	char *value;

	while (header_next(report->content, report->len, &at, &field))
		if (header_is(&field, "Message-ID")) {
			value = header_value(&field);
			if (*value == '<' && is_visible(value, 250))
				fprintf(out, "In-Reply-To: %s\n", value);
			free(value);
			return;
		}
}

static void
put_header(
    FILE *out, const struct report *report, const char *boundary, bool eightbit)
{
	static const char *const subjects[] = {
	    "Undelivered Mail Returned to Sender",
	    "Delayed Mail (still being retried)",
	    "Successful Mail Delivery Report",
	};
	char date[DATE_SIZE];

	date_rfc5322(date, sizeof(date), report->now);
	fprintf(
	    out, "From: Mail Delivery System <MAILER-DAEMON@%s>\n", report->me);
	if (is_visible(report->sender, WORD_MAX))
		fprintf(out, "To: <%s>\n", report->sender);
	else
		fputs("To: undisclosed-recipients:;\n", out);
	fprintf(out, "Subject: %s\nDate: %s\n", subjects[report->kind], date);
	fprintf(out, "Message-ID: <%jd.%016" PRIx64 ".bounce@%s>\n",
	    (intmax_t)report->now, report->chance, report->me);
	put_reference(out, report);
	fprintf(out,
	    "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\n"
	    "\tboundary=\"%s\"\n%s\n",
	    boundary, eightbit ? "Content-Transfer-Encoding: 8bit\n" : "");
	fputs("This is a report in parts (MIME).\n", out);
}

/* A boundary that does not stand in the original. */
static void
choose(const struct report *report, char boundary[BOUNDARY])
{
	uint64_t chance = report->chance;

	do
		snprintf(boundary, BOUNDARY, "=_postern_%016" PRIx64, chance++);
	while (memmem(report->content, report->len, boundary,
		   strlen(boundary)) != NULL);
}

char *
report_write(const struct report *report, size_t *len, bool *eightbit)
{
	char boundary[BOUNDARY], *made;
	FILE *out = open_memstream(&made, len);

	if (out == NULL)
		err(EXIT_TEMP, "report");
	*eightbit = false;
	for (size_t i = 0; i < report->len; i++)
		if ((unsigned char)report->content[i] > 127)
			*eightbit = true;
	choose(report, boundary);
	put_header(out, report, boundary, *eightbit);
	fprintf(out, "\n--%s\n", boundary);
	put_text(out, report);
	fprintf(out, "\n--%s\n", boundary);
	put_delivery_status(out, report);
	fprintf(out, "\n--%s\n", boundary);
	put_original(out, report, *eightbit);
	fprintf(out, "\n--%s--\n", boundary);
	if (fclose(out) != 0)
		err(EXIT_TEMP, "report");
	return made;
}

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operator.h"
#include "show.h"

#define WHEN 32

/* Blanks within would shift the columns for awk, so the date has none. */
static void
when(char out[WHEN], const char *seconds)
{
	time_t at = (time_t)strtoull(seconds, NULL, 10);
	struct tm tm;

	if (*seconds == '\0' || localtime_r(&at, &tm) == NULL ||
	    strftime(out, WHEN, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		strlcpy(out, "-", WHEN);
}

/* At least width columns, and a blank behind. */
static void
put_column(FILE *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	operator_print(out, *text == '\0' ? "-" : text);
	do
		fputc(' ', out);
	while (++len <= width);
}

static const char *
or_null(const char *sender)
{
	return *sender == '\0' ? "<>" : sender;
}

void
show_head(FILE *out)
{
	fprintf(out, "%-15s %8s %-19s %-24s %-24s %-20s %-7s %5s %-19s %s\n",
	    "ID", "SIZE", "ARRIVAL", "SENDER", "RECIPIENT", "LANE", "STATE",
	    "TRIES", "NEXT", "REASON");
}

void
show_line(FILE *out, const struct record *record)
{
	char arrival[WHEN], next[WHEN];
	const char *rule;

	when(arrival, record_text(record, "arrival"));
	when(next, record_text(record, "next"));
	fprintf(out, "%-15s %8s %-19s ", record_text(record, "id"),
	    record_text(record, "length"), arrival);
	put_column(out, or_null(record_text(record, "sender")), 24);
	put_column(out, record_text(record, "recipient"), 24);
	put_column(out, record_text(record, "lane"), 20);
	put_column(out, record_text(record, "state"), 7);
	fprintf(out, "%5s %-19s ", record_text(record, "tries"), next);
	operator_print(out, record_text(record, "reason"));
	if ((rule = record_get(record, "rule")) != NULL) {
		fputs(" [", out);
		operator_print(out, rule);
		fputc(']', out);
	}
	fputc('\n', out);
}

void
show_lane_head(FILE *out)
{
	fprintf(out, "%-30s %8s %8s %8s %-19s %s\n", "LANE", "WAITING",
	    "ACTIVE", "LIMIT", "NEXT", "REASON");
}

void
show_lane(FILE *out, const struct record *record)
{
	char next[WHEN];

	when(next, record_text(record, "next"));
	put_column(out, record_text(record, "lane"), 30);
	fprintf(out, "%8s %8s %8s %-19s ", record_text(record, "waiting"),
	    record_text(record, "active"), record_text(record, "limit"), next);
	operator_print(out, record_text(record, "reason"));
	fputc('\n', out);
}

void
show_fields(FILE *out, const struct record *record, const char *indent)
{
	static const char *const times[] = {"arrival", "next", "time"};
	const char *name, *value;
	char date[WHEN];
	size_t at = 0, i;

	while (record_walk(record, &at, &name, &value)) {
		fprintf(
		    out, "%s%-18.*s ", indent, (int)strcspn(name, "="), name);
		for (i = 0; i < sizeof(times) / sizeof(times[0]) &&
			    !record_is(name, times[i]);
		     i++)
			;
		if (i < sizeof(times) / sizeof(times[0])) {
			when(date, value);
			value = date;
		}
		operator_print(out, value);
		fputc('\n', out);
	}
}

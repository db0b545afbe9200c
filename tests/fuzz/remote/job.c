/* Hosts of a question: all of them come up, once each, or it is refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record question;
	struct job job;
	char text[600];
	size_t hosts = 0;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	record_init(&question, JOB_RECORD);
	record_add(&question, "id", "1");
	record_add(&question, "sender", "");
	record_add(&question, "recipient", "a@x");
	if (record_add(&question, "host", text) == 0 &&
	    job_parse(&job, &question) == NULL) {
		do {
			if (job.host[0] == '\0' || job.port < 1 ||
			    job.port > 65535 ||
			    strstr(text, job.host) == NULL || hosts++ > len)
				abort();
		} while (job_next_host(&job));
		if (job.hosts != NULL)
			abort();
		job_free(&job);
	}
	record_free(&question);
	return 0;
}

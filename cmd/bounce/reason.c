#include <string.h>

#include "report.h"

/* Behind the class, the most exact first; one figure stands for its group. */
static const struct {
	const char *code, *words;
} reasons[] = {
    {"1.1", "There is no such mailbox at this address."},
    {"1.2", "There is no host or domain of this name."},
    {"1.3", "The address is not written as an address should be."},
    {"1.4", "The address fits more than one mailbox."},
    {"1.6", "The mailbox has moved and left no new address."},
    {"1.7", "The sender's address is not written as it should be."},
    {"1.8", "The sender's domain does not exist or takes no mail."},
    {"1.10", "The domain says that it takes no mail at all."},
    {"1", "Something is wrong with the address."},
    {"2.1", "The mailbox is disabled and takes no mail."},
    {"2.2", "The mailbox is full."},
    {"2.3", "The message is larger than this mailbox allows."},
    {"2.4", "The mailing list could not be expanded."},
    {"2", "The mailbox could not take the message."},
    {"3.1", "The disk of the receiving mail system is full."},
    {"3.2", "The receiving mail system takes no messages now."},
    {"3.4", "The message is larger than the mail system allows."},
    {"3", "The receiving mail system has a problem."},
    {"4.1", "The receiving host does not answer."},
    {"4.2", "The connection to the receiving host broke."},
    {"4.3", "The name service (DNS) gave no answer."},
    {"4.4", "No way to the receiving host could be found."},
    {"4.6", "The message goes round in a loop."},
    {"4.7", "The message could not be delivered in time."},
    {"4", "There is a problem in the network."},
    {"5.3", "There are too many recipients."},
    {"5", "The hosts did not understand each other."},
    {"6.3", "The message needs a conversion that was not possible."},
    {"6.7", "An address needs SMTPUTF8, which the host lacks."},
    {"6", "The content of the message was not accepted."},
    {"7.1", "The receiving host does not permit this message."},
    {"7", "The message was refused for reasons of security or policy."},
};

const char *
reason_words(const char *status)
{
	const char *code = strchr(status, '.');

	if (code == NULL)
		return "No exact reason is known.";
	code++;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].code, code) == 0 ||
		    (reasons[i].code[1] == '\0' &&
			reasons[i].code[0] == code[0] && code[1] == '.'))
			return reasons[i].words;
	return "No exact reason is known.";
}

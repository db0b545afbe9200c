#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "exits.h"

/* One line, whatever stands in it. */
__attribute__((format(printf, 2, 0))) static void
tell(const char *grade, const char *format, va_list args)
{
	char line[4096], *p;

	vsnprintf(line, sizeof(line), format, args);
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	printf("%s: %s\n", grade, line);
}

void
doctor_error(struct doctor *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell("error", format, args);
	va_end(args);
	d->errors++;
}

void
doctor_warning(struct doctor *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell("warning", format, args);
	va_end(args);
	d->warnings++;
}

/* What the child says, without its name before it. */
static void
hear(int fd, char *why, size_t size)
{
	static const char name[] = "doctor: ";
	char text[1024];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, name, sizeof(name) - 1) == 0)
		strlcpy(why, text + sizeof(name) - 1, size);
	else
		strlcpy(why, text, size);
}

bool
doctor_attempt(void (*run)(void *arg), void *arg, char *why, size_t size)
{
	int ends[2], status;
	pid_t pid;

	if (fflush(stdout) == EOF || pipe(ends) == -1 || (pid = fork()) == -1)
		err(EXIT_TEMP, "fork");
	if (pid == 0) {
		if (dup2(ends[1], STDERR_FILENO) == -1)
			_exit(EXIT_TEMP);
		close(ends[0]);
		close(ends[1]);
		run(arg);
		_exit(0);
	}
	close(ends[1]);
	hear(ends[0], why, size);
	close(ends[0]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(EXIT_TEMP, "waitpid");
	return status == 0;
}

int64_t
doctor_user(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	return pw == NULL ? -1 : (int64_t)pw->pw_uid;
}

int64_t
doctor_group(const char *name)
{
	const struct group *gr = getgrnam(name);

	return gr == NULL ? -1 : (int64_t)gr->gr_gid;
}

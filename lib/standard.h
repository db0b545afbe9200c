/*
 * standard - descriptors 0, 1 and 2, which a caller may have closed
 *
 * What a program then opens first would take their place: a complaint would be
 * written into a map, and a map would be read from itself.
 */
#ifndef STANDARD_H
#define STANDARD_H

/*
 * Put something in the place of those that are closed: to read or to write
 * there fails as before.  For the first line of main(); exits 111.
 */
void standard_fill(void);

#endif

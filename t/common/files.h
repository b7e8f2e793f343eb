
/*
 * Directories of tests.
 */

#ifndef FILES_H
#define FILES_H


/* With everything in it. */
void files_remove(const char *path);


#endif /* FILES_H */

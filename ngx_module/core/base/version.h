
/*
 * The version of all of tuanbo.  debian/changelog and the tag say the same;
 * t/035-install.t compares.
 */

#ifndef FS_VERSION_H
#define FS_VERSION_H


#define FS_VERSION  "0.9.0"


#endif /* FS_VERSION_H */

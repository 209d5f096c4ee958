/* access/password_int.h - for the tests of this folder. */
#pragma once

extern const char PASSWORD_OF_NOBODY[];

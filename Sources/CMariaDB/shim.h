#ifndef MARTLET_CMARIADB_H
#define MARTLET_CMARIADB_H

#include <mysql.h>
#include <errmsg.h>
#include <mysqld_error.h>

#endif

#ifndef MARTLET_CPOSTGRESQL_H
#define MARTLET_CPOSTGRESQL_H

#include <libpq-fe.h>

/// Ends a statement's implicit transaction in a pipeline. A libpq of version 17 leaves what it queued in its buffer;
/// before, each call writes to the socket.
static inline int martlet_pq_queue_sync(PGconn *connection) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(connection);
#else
    return PQpipelineSync(connection);
#endif
}

#endif

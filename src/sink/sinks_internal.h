// The kinds of sink, and how their URIs are read.
#pragma once

#include <memory>
#include <string>

#include "io/location.h"
#include "sink/sink.h"

namespace pixlake::sink {

std::unique_ptr<Sink> MakeJsonLinesSink(io::Location folder, const SinkOptions& options);
// "postgresql://host/db?table=name" (as libpq has it, `table` taken out) and
// "sqlite:path?table=name": a table, made when it is not there. kIo when the database cannot be
// reached.
Result<std::unique_ptr<Sink>> OpenSqliteSink(const std::string& path, const SinkOptions& options);
// `connection` as PQconnectdb takes it.
Result<std::unique_ptr<Sink>> OpenPostgresSink(const std::string& connection, const SinkOptions& options);

}  // namespace pixlake::sink

// The kinds of sink, and how their URIs are read.
#pragma once

#include <memory>
#include <string>

#include "io/location.h"

#include "sink/sink.h"

namespace pixlake::sink {

std::unique_ptr<Sink> MakeJsonLinesSink(io::Location folder, const SinkOptions& options);
Result<std::unique_ptr<Sink>> OpenSqliteSink(const std::string& path, const SinkOptions& options);
// `connection` as PQconnectdb takes it.
Result<std::unique_ptr<Sink>> OpenPostgresSink(const std::string& connection, const SinkOptions& options);

// A name within double quotes, as SQL has it.
std::string Quoted(const std::string& name);

}  // namespace pixlake::sink

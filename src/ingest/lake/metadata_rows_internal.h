// What an image says of itself as a row: of a sink's table, and of raw.metadata.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "image/facts.h"
#include "image/json.h"
#include "sink/sink.h"

namespace pixlake::ingest {

inline constexpr char kMetadataTable[] = "raw.metadata";

// Which image it is.
struct Described {
  std::string_view url;
  std::string_view id;  // SHA-256 in hex; empty: the bytes were not read whole
  size_t size = 0;      // bytes
};

// Null for no text; UTF-8 whatever the bytes were.
sink::Value TextValue(std::string_view text);
// Null unless it is there.
sink::Value IntegerValue(bool there, int64_t number);

// The columns of a row, the url first (docs/url-lists.md).
std::vector<sink::Column> SuccessColumns();

// Its values, in that order. With `facts` those of what people ask for are behind them, as raw.metadata
// has them and sinks have not.
std::vector<sink::Value> SuccessRow(const Described& image, const std::optional<image::ImageHeader>& header,
                                    const image::Description& description, bool facts = false);

// {"url": …, "id": …, and the description's members}
void AppendDocument(const Described& image, const image::Description& description, std::string* out);

// Rows of raw.metadata out of such values with facts; `schema` is the table's without its partition
// column. A time of GPS that is no whole date and time becomes null.
Result<std::shared_ptr<arrow::RecordBatch>> BuildMetadataRows(
    const std::shared_ptr<arrow::Schema>& schema, const std::vector<std::vector<sink::Value>>& rows,
    int64_t described_at_us);

}  // namespace pixlake::ingest

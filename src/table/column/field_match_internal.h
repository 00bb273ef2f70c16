// Where the fields of a table stand in one Parquet file.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/result.h"
#include "table/scan.h"

namespace parquet::arrow {
struct SchemaField;
struct SchemaManifest;
}  // namespace parquet::arrow

namespace pixlake::table {

class OldZone;

// One field of the table. Children follow the logical type: a struct's fields, a
// list's element, a map's key and value.
struct FieldMatch {
  std::shared_ptr<arrow::Field> field;  // as the table has it
  std::string path;                     // "a.b", for messages
  // Null: the file does not have it. Borrowed from the file's manifest.
  const parquet::arrow::SchemaField* found = nullptr;
  // Which child of what was read under the parent it is; unused under lists and maps.
  int read_position = -1;
  std::vector<FieldMatch> children;
  int32_t char_length = 0;  // text is filled up with blanks to so many characters; 0: it is not
  // Set: values are of the calendar before Spark 3 and are brought to ours.
  std::shared_ptr<const OldZone> hybrid = nullptr;
};

struct FileMatch {
  std::vector<FieldMatch> fields;  // one per field asked for
  std::set<int> leaves;            // the Parquet columns to read
};

// Finds `fields` by `mapping` (one each): by Parquet field id where the mapping has
// one, else by physical name. kSchemaMismatch when a field is there with a type that
// does not widen to the table's, kCorrupt when the file has a name or id twice.
Result<FileMatch> MatchFields(const std::vector<std::shared_ptr<arrow::Field>>& fields,
                              const std::vector<FieldMapping>& mapping,
                              const parquet::arrow::SchemaManifest& manifest);

}  // namespace pixlake::table

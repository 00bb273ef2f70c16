#include <utility>

#include <arrow/api.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "file/blob/blob_properties_internal.h"
#include "file/parquet_interval.h"

namespace pixlake::file {
namespace {

// Turns off, for every binary leaf however deep, what must never touch a blob.
void ExemptBlobs(const parquet::SchemaDescriptor& schema, parquet::WriterProperties::Builder* builder) {
  for (int i = 0; i < schema.num_columns(); ++i) {
    const parquet::ColumnDescriptor* column = schema.Column(i);
    const bool text = column->logical_type() != nullptr && column->logical_type()->is_string();
    if (column->physical_type() != parquet::Type::BYTE_ARRAY || text) continue;
    const auto path = column->path();
    builder->disable_dictionary(path)->disable_statistics(path)->encoding(path, parquet::Encoding::PLAIN);
    builder->compression(path, parquet::Compression::UNCOMPRESSED);
  }
}

}  // namespace

std::shared_ptr<arrow::Schema> WithFieldIds(const std::shared_ptr<arrow::Schema>& schema,
                                            const std::vector<int32_t>& ids) {
  if (ids.empty()) return schema;
  arrow::FieldVector fields = schema->fields();
  for (size_t i = 0; i < fields.size() && i < ids.size(); ++i) {
    const auto metadata = arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(ids[i])});
    fields[i] = fields[i]->WithMergedMetadata(metadata);
  }
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<parquet::SchemaDescriptor>> WithIntervals(
    const arrow::Schema& schema, std::shared_ptr<parquet::SchemaDescriptor> descriptor) {
  parquet::schema::NodeVector nodes;
  bool any = false;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const auto& metadata = schema.field(i)->metadata();
    const auto& node = descriptor->group_node()->field(i);
    const bool interval = metadata != nullptr && metadata->FindKey(kIntervalKey) >= 0;
    any = any || interval;
    nodes.push_back(interval ? parquet::schema::PrimitiveNode::Make(
                                   node->name(), node->repetition(), parquet::LogicalType::Interval(),
                                   parquet::Type::FIXED_LEN_BYTE_ARRAY, 12, node->field_id())
                             : node);
  }
  if (!any) return descriptor;
  const auto& root = *descriptor->group_node();
  auto out = std::make_shared<parquet::SchemaDescriptor>();
  out->Init(parquet::schema::GroupNode::Make(root.name(), root.repetition(), nodes));
  return out;
}

std::shared_ptr<parquet::WriterProperties> PropertiesFor(const parquet::SchemaDescriptor& schema,
                                                         const BlobParquetOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::ZSTD)->compression_level(options.zstd_level);
  builder.enable_write_page_index()->created_by("pixlake version 0.1.0");
  ExemptBlobs(schema, &builder);
  // Worth a filter means hardly any value twice: a dictionary would only cost.
  for (const std::string& column : options.bloom_filter_columns) builder.disable_dictionary(column);
  for (const std::string& column : options.distinct_columns) builder.disable_dictionary(column);
  return builder.build();
}

}  // namespace pixlake::file

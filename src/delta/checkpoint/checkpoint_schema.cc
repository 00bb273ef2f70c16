#include <arrow/api.h>

#include "delta/checkpoint/checkpoint_schema_internal.h"

namespace pixlake::delta {

namespace {

std::shared_ptr<arrow::DataType> TextMapType() {
  return arrow::map(arrow::utf8(), arrow::utf8());
}

std::shared_ptr<arrow::DataType> TextListType() {
  return arrow::list(arrow::field("element", arrow::utf8()));
}

std::shared_ptr<arrow::DataType> DeletionVectorType() {
  return arrow::struct_({arrow::field("storageType", arrow::utf8()),
                         arrow::field("pathOrInlineDv", arrow::utf8()),
                         arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
                         arrow::field("cardinality", arrow::int64())});
}

std::shared_ptr<arrow::Field> AddField() {
  const auto& text = arrow::utf8();
  const auto& number = arrow::int64();
  return arrow::field(
      "add", arrow::struct_(
                 {arrow::field("path", text), arrow::field("partitionValues", TextMapType()),
                  arrow::field("size", number), arrow::field("modificationTime", number),
                  arrow::field("dataChange", arrow::boolean()), arrow::field("stats", text),
                  arrow::field("tags", TextMapType()), arrow::field("deletionVector", DeletionVectorType()),
                  arrow::field("baseRowId", number), arrow::field("defaultRowCommitVersion", number),
                  arrow::field("clusteringProvider", text)}));
}

std::shared_ptr<arrow::Field> RemoveField() {
  const auto& number = arrow::int64();
  return arrow::field(
      "remove",
      arrow::struct_({arrow::field("path", arrow::utf8()), arrow::field("deletionTimestamp", number),
                      arrow::field("dataChange", arrow::boolean()),
                      arrow::field("extendedFileMetadata", arrow::boolean()),
                      arrow::field("partitionValues", TextMapType()), arrow::field("size", number),
                      arrow::field("tags", TextMapType()),
                      arrow::field("deletionVector", DeletionVectorType()), arrow::field("baseRowId", number),
                      arrow::field("defaultRowCommitVersion", number)}));
}

std::shared_ptr<arrow::Field> MetadataField() {
  const auto& text = arrow::utf8();
  return arrow::field(
      "metaData",
      arrow::struct_({arrow::field("id", text), arrow::field("name", text), arrow::field("description", text),
                      arrow::field("format", arrow::struct_({arrow::field("provider", text),
                                                             arrow::field("options", TextMapType())})),
                      arrow::field("schemaString", text), arrow::field("partitionColumns", TextListType()),
                      arrow::field("createdTime", arrow::int64()),
                      arrow::field("configuration", TextMapType())}));
}

// PROTOCOL.md, "Checkpoint Schema".
std::shared_ptr<arrow::Field> FieldFor(Column column) {
  const auto& text = arrow::utf8();
  const auto& number = arrow::int64();
  switch (column) {
    case Column::kTxn:
      return arrow::field("txn", arrow::struct_({arrow::field("appId", text), arrow::field("version", number),
                                                 arrow::field("lastUpdated", number)}));
    case Column::kAdd:
      return AddField();
    case Column::kRemove:
      return RemoveField();
    case Column::kMetadata:
      return MetadataField();
    case Column::kProtocol:
      return arrow::field("protocol", arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                                                      arrow::field("minWriterVersion", arrow::int32()),
                                                      arrow::field("readerFeatures", TextListType()),
                                                      arrow::field("writerFeatures", TextListType())}));
    case Column::kDomain:
      return arrow::field("domainMetadata",
                          arrow::struct_({arrow::field("domain", text), arrow::field("configuration", text),
                                          arrow::field("removed", arrow::boolean())}));
    case Column::kCheckpointMetadata:
      return arrow::field("checkpointMetadata", arrow::struct_({arrow::field("version", number),
                                                                arrow::field("tags", TextMapType())}));
    case Column::kSidecar:
      return arrow::field(
          "sidecar",
          arrow::struct_({arrow::field("path", text), arrow::field("sizeInBytes", number),
                          arrow::field("modificationTime", number), arrow::field("tags", TextMapType())}));
  }
  return nullptr;
}

}  // namespace

const std::vector<Column> kFlatColumns = {Column::kTxn,      Column::kAdd,      Column::kRemove,
                                          Column::kMetadata, Column::kProtocol, Column::kDomain};
const std::vector<Column> kFileColumns = {Column::kAdd, Column::kRemove};
const std::vector<Column> kTopColumns = {Column::kTxn,
                                         Column::kAdd,
                                         Column::kRemove,
                                         Column::kMetadata,
                                         Column::kProtocol,
                                         Column::kDomain,
                                         Column::kCheckpointMetadata,
                                         Column::kSidecar};

std::shared_ptr<arrow::Schema> SchemaOf(const std::vector<Column>& columns) {
  arrow::FieldVector fields;
  for (const Column column : columns) {
    fields.push_back(FieldFor(column));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace pixlake::delta

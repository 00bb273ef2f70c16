#include "file/page/levels.h"

#include <utility>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

namespace pixlake::file {
namespace {

// A path of nesting so far: for every level entry its levels and the slot of the
// current array it stands for (-1: it ended at an empty or null list above).
struct Entries {
  std::vector<int16_t> definition;
  std::vector<int16_t> repetition;
  std::vector<int64_t> slot;
  std::vector<bool> alive;  // false: null at or above this level, levels are final
  int16_t max_definition = 0;
  int16_t max_repetition = 0;
};

Status Shred(const arrow::Field& field, const std::shared_ptr<arrow::Array>& array, Entries entries,
             std::vector<LeafColumn>* leaves);

// Marks nulls and raises the definition level of what is not null.
Status ApplyNullability(const arrow::Field& field, const arrow::Array& array, Entries* entries) {
  if (field.nullable()) ++entries->max_definition;
  for (size_t i = 0; i < entries->slot.size(); ++i) {
    if (!entries->alive[i]) continue;
    if (array.IsNull(entries->slot[i])) {
      if (!field.nullable()) {
        return Error(ErrorCode::kSchemaMismatch,
                     "column '" + field.name() + "' may not hold nulls, and does");
      }
      entries->alive[i] = false;
    } else if (field.nullable()) {
      ++entries->definition[i];
    }
  }
  return Status::OK();
}

// Replaces every entry that stands for a list by one entry an element.
template <typename ListArray>
Entries ExpandList(const ListArray& list, const Entries& entries) {
  Entries expanded;
  expanded.max_definition = static_cast<int16_t>(entries.max_definition + 1);
  expanded.max_repetition = static_cast<int16_t>(entries.max_repetition + 1);
  const auto add = [&](int16_t definition, int16_t repetition, int64_t slot, bool alive) {
    expanded.definition.push_back(definition);
    expanded.repetition.push_back(repetition);
    expanded.slot.push_back(slot);
    expanded.alive.push_back(alive);
  };
  for (size_t i = 0; i < entries.slot.size(); ++i) {
    const int64_t length = entries.alive[i] ? list.value_length(entries.slot[i]) : 0;
    if (length == 0) {
      add(entries.definition[i], entries.repetition[i], -1, false);
      continue;
    }
    const int64_t start = list.value_offset(entries.slot[i]);
    const auto definition = static_cast<int16_t>(entries.definition[i] + 1);
    for (int64_t element = 0; element < length; ++element) {
      add(definition, element == 0 ? entries.repetition[i] : expanded.max_repetition, start + element, true);
    }
  }
  return expanded;
}

Status EmitLeaf(const arrow::Field& field, const std::shared_ptr<arrow::Array>& array, Entries entries,
                std::vector<LeafColumn>* leaves) {
  LeafColumn leaf;
  leaf.num_levels = static_cast<int64_t>(entries.slot.size());
  leaf.nullable = field.nullable();
  bool identity = leaf.num_levels == array->length();
  for (int64_t i = 0; identity && i < leaf.num_levels; ++i)
    identity = entries.slot[static_cast<size_t>(i)] == i;
  if (identity) {
    leaf.values = array;
  } else {
    arrow::Int64Builder slots;
    for (const int64_t slot : entries.slot) {
      if (slot >= 0) PL_RETURN_NOT_OK(slots.Append(slot));
    }
    PL_ASSIGN_OR_RETURN(const auto indices, slots.Finish());
    PL_ASSIGN_OR_RETURN(leaf.values, arrow::compute::Take(*array, *indices));
  }
  if (entries.max_definition > 0) leaf.definition_levels = std::move(entries.definition);
  if (entries.max_repetition > 0) leaf.repetition_levels = std::move(entries.repetition);
  leaves->push_back(std::move(leaf));
  return Status::OK();
}

template <typename ListArray>
Status ShredList(const ListArray& list, const Entries& entries, std::vector<LeafColumn>* leaves) {
  return Shred(*list.list_type()->value_field(), list.values(), ExpandList(list, entries), leaves);
}

Status Shred(const arrow::Field& field, const std::shared_ptr<arrow::Array>& array, Entries entries,
             std::vector<LeafColumn>* leaves) {
  PL_RETURN_NOT_OK(ApplyNullability(field, *array, &entries));
  switch (array->type_id()) {
    case arrow::Type::STRUCT: {
      const auto& structs = static_cast<const arrow::StructArray&>(*array);
      for (int i = 0; i < structs.num_fields(); ++i) {
        PL_RETURN_NOT_OK(Shred(*structs.type()->field(i), structs.field(i), entries, leaves));
      }
      return Status::OK();
    }
    case arrow::Type::LIST:
      return ShredList(static_cast<const arrow::ListArray&>(*array), entries, leaves);
    case arrow::Type::LARGE_LIST:
      return ShredList(static_cast<const arrow::LargeListArray&>(*array), entries, leaves);
    case arrow::Type::MAP:  // a list of key-value structs
      return ShredList(static_cast<const arrow::MapArray&>(*array), entries, leaves);
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::DENSE_UNION:
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DICTIONARY:
    case arrow::Type::EXTENSION:
      return Error(ErrorCode::kUnsupported, "column '" + field.name() + "' has type " +
                                                array->type()->ToString() + ", which cannot be written");
    default:
      return EmitLeaf(field, array, std::move(entries), leaves);
  }
}

}  // namespace

int LeafCount(const arrow::DataType& type) {
  if (type.num_fields() == 0) return 1;
  int count = 0;
  for (const auto& child : type.fields()) count += LeafCount(*child->type());
  return count;
}

Status ShredLevels(const arrow::Field& field, const std::shared_ptr<arrow::Array>& array,
                   std::vector<LeafColumn>* leaves) {
  Entries rows;
  const auto length = static_cast<size_t>(array->length());
  rows.definition.assign(length, 0);
  rows.repetition.assign(length, 0);
  rows.alive.assign(length, true);
  rows.slot.resize(length);
  for (size_t i = 0; i < length; ++i) rows.slot[i] = static_cast<int64_t>(i);
  return Shred(field, array, std::move(rows), leaves);
}

}  // namespace pixlake::file

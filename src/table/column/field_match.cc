#include <optional>

#include <arrow/util/string.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>

#include "table/column/column_cast_internal.h"
#include "table/column/field_match_internal.h"
#include "table/file_schema.h"

namespace pixlake::table {
namespace {

using parquet::arrow::SchemaField;

bool EqualNoCase(const std::string& a, const std::string& b) {
  return arrow::internal::AsciiEqualsCaseInsensitive(a, b);
}

// The one sibling that `is_it`, null for none.
template <typename Predicate>
Result<const SchemaField*> FindOne(const std::vector<SchemaField>& siblings, const std::string& path,
                                   Predicate is_it) {
  const SchemaField* found = nullptr;
  for (const SchemaField& sibling : siblings) {
    if (!is_it(*sibling.field)) continue;
    if (found != nullptr) {
      return Error(ErrorCode::kCorrupt, fmt::format("column {} is in the file more than once (as {} and {})",
                                                    path, found->field->name(), sibling.field->name()));
    }
    found = &sibling;
  }
  return found;
}

Result<const SchemaField*> Find(const FieldMapping& mapping, const std::vector<SchemaField>& siblings,
                                const std::string& path) {
  if (mapping.field_id >= 0) {
    return FindOne(siblings, path,
                   [&](const arrow::Field& field) { return FieldId(field) == mapping.field_id; });
  }
  PL_ASSIGN_OR_RETURN(const SchemaField* exact, FindOne(siblings, path, [&](const arrow::Field& field) {
                        return field.name() == mapping.physical_name;
                      }));
  if (exact != nullptr) return exact;
  // No table has two names that differ in case alone, and not every writer keeps
  // the table's case.
  return FindOne(siblings, path,
                 [&](const arrow::Field& field) { return EqualNoCase(field.name(), mapping.physical_name); });
}

void AddLeaves(const SchemaField& field, std::set<int>* leaves) {
  if (field.is_leaf()) leaves->insert(field.column_index);
  for (const SchemaField& child : field.children) AddLeaves(child, leaves);
}

void AddFirstLeaf(const SchemaField& field, std::set<int>* leaves) {
  if (field.is_leaf()) {
    leaves->insert(field.column_index);
  } else if (!field.children.empty()) {
    AddFirstLeaf(field.children.front(), leaves);
  }
}

bool IsRead(const SchemaField& field, const std::set<int>& leaves) {
  if (field.is_leaf()) return leaves.count(field.column_index) > 0;
  for (const SchemaField& child : field.children) {
    if (IsRead(child, leaves)) return true;
  }
  return false;
}

// Sets read_position of `matches`, now that all the leaves under `siblings` are known.
void SetReadPositions(const std::vector<SchemaField>& siblings, const std::set<int>& leaves,
                      std::vector<FieldMatch>* matches) {
  int position = 0;
  for (const SchemaField& sibling : siblings) {
    if (!IsRead(sibling, leaves)) continue;
    for (FieldMatch& match : *matches) {
      if (match.found == &sibling) match.read_position = position;
    }
    ++position;
  }
}

Status Mismatch(const std::string& path, const arrow::DataType& table, const arrow::DataType& file) {
  return Error(ErrorCode::kSchemaMismatch,
               fmt::format("column {} is {} in the file, which does not widen to the table's {}", path,
                           file.ToString(), table.ToString()));
}

FieldMapping ByName(const arrow::Field& field) {
  return FieldMapping{field.name(), -1, {}};
}

FieldMapping ChildMapping(const FieldMapping& mapping, size_t child, const arrow::Field& field) {
  return child < mapping.children.size() ? mapping.children[child] : ByName(field);
}

Status MatchFound(const FieldMapping& mapping, const SchemaField& found, FieldMatch* match,
                  std::set<int>* leaves);

Result<FieldMatch> MatchChild(const std::shared_ptr<arrow::Field>& field, const FieldMapping& mapping,
                              const SchemaField& found, const std::string& path, std::set<int>* leaves) {
  FieldMatch match{field, path, &found, -1, {}};
  PL_RETURN_NOT_OK(MatchFound(mapping, found, &match, leaves));
  return match;
}

Status MatchStruct(const FieldMapping& mapping, const SchemaField& found, FieldMatch* match,
                   std::set<int>* leaves) {
  std::set<int> own;
  for (size_t i = 0; i < static_cast<size_t>(match->field->type()->num_fields()); ++i) {
    const auto& child = match->field->type()->field(static_cast<int>(i));
    const std::string path = match->path + "." + child->name();
    const FieldMapping child_mapping = ChildMapping(mapping, i, *child);
    PL_ASSIGN_OR_RETURN(const SchemaField* place, Find(child_mapping, found.children, path));
    if (place == nullptr) {
      match->children.push_back(FieldMatch{child, path, nullptr, -1, {}});
      continue;
    }
    PL_ASSIGN_OR_RETURN(auto matched, MatchChild(child, child_mapping, *place, path, &own));
    match->children.push_back(std::move(matched));
  }
  // Whether the struct itself is null can only be told from one of its leaves.
  if (own.empty()) AddFirstLeaf(found, &own);
  SetReadPositions(found.children, own, &match->children);
  leaves->merge(own);
  return Status::OK();
}

Status MatchList(const FieldMapping& mapping, const SchemaField& found, FieldMatch* match,
                 std::set<int>* leaves) {
  const auto& element = match->field->type()->field(0);
  PL_ASSIGN_OR_RETURN(auto matched, MatchChild(element, ChildMapping(mapping, 0, *element), found.children[0],
                                               match->path + ".element", leaves));
  match->children.push_back(std::move(matched));
  return Status::OK();
}

Status MatchMap(const FieldMapping& mapping, const SchemaField& found, FieldMatch* match,
                std::set<int>* leaves) {
  const auto& type = static_cast<const arrow::MapType&>(*match->field->type());
  const SchemaField& entries = found.children[0];
  // A mapping may follow Arrow's own shape, where a map has one child, its entries.
  const FieldMapping& pair = mapping.children.size() == 1 ? mapping.children[0] : mapping;
  // All of the key, also of a key that is a struct: entries are told apart by it.
  AddLeaves(entries.children[0], leaves);
  PL_ASSIGN_OR_RETURN(auto key, MatchChild(type.key_field(), ChildMapping(pair, 0, *type.key_field()),
                                           entries.children[0], match->path + ".key", leaves));
  PL_ASSIGN_OR_RETURN(auto value, MatchChild(type.item_field(), ChildMapping(pair, 1, *type.item_field()),
                                             entries.children[1], match->path + ".value", leaves));
  match->children.push_back(std::move(key));
  match->children.push_back(std::move(value));
  return Status::OK();
}

bool IsList(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST;
}

Status MatchFound(const FieldMapping& mapping, const SchemaField& found, FieldMatch* match,
                  std::set<int>* leaves) {
  const arrow::DataType& table = *match->field->type();
  const arrow::DataType& file = *found.field->type();
  if (table.id() == arrow::Type::STRUCT) {
    if (file.id() != arrow::Type::STRUCT) return Mismatch(match->path, table, file);
    return MatchStruct(mapping, found, match, leaves);
  }
  if (table.id() == arrow::Type::MAP) {
    const bool is_map =
        file.id() == arrow::Type::MAP && found.children.size() == 1 && found.children[0].children.size() == 2;
    if (!is_map) return Mismatch(match->path, table, file);
    return MatchMap(mapping, found, match, leaves);
  }
  if (IsList(table)) {
    if (!IsList(file) || found.children.size() != 1) return Mismatch(match->path, table, file);
    return MatchList(mapping, found, match, leaves);
  }
  if (!found.is_leaf() || !CanCast(file, table)) return Mismatch(match->path, table, file);
  leaves->insert(found.column_index);
  return Status::OK();
}

}  // namespace

Result<FileMatch> MatchFields(const std::vector<std::shared_ptr<arrow::Field>>& fields,
                              const std::vector<FieldMapping>& mapping,
                              const parquet::arrow::SchemaManifest& manifest) {
  FileMatch result;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& path = fields[i]->name();
    PL_ASSIGN_OR_RETURN(const SchemaField* found, Find(mapping[i], manifest.schema_fields, path));
    FieldMatch match{fields[i], path, found, -1, {}};
    if (found != nullptr) PL_RETURN_NOT_OK(MatchFound(mapping[i], *found, &match, &result.leaves));
    result.fields.push_back(std::move(match));
  }
  SetReadPositions(manifest.schema_fields, result.leaves, &result.fields);
  return result;
}

}  // namespace pixlake::table

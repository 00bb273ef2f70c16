// Schemas rebuilt with some of their fields changed, at any depth.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <arrow/type.h>

#include "base/result.h"

namespace pixlake::delta {

using FieldEdit = std::function<Result<std::shared_ptr<arrow::Field>>(const std::shared_ptr<arrow::Field>&)>;

// Every field of a struct, at any depth, as `edit` gives it back; those within come first.
// Elements of arrays, keys and values of maps are no such fields.
Result<arrow::FieldVector> EditEveryField(const arrow::FieldVector& fields, const FieldEdit& edit);

using SiblingsEdit = std::function<Result<arrow::FieldVector>(arrow::FieldVector)>;

// The fields with those of the struct that `parent` leads to (empty: `fields` themselves)
// replaced. kUsage when it leads nowhere.
Result<arrow::FieldVector> EditSiblings(arrow::FieldVector fields, std::span<const std::string> parent,
                                        const SiblingsEdit& edit);

// The position of the field of that name, in any case; -1: none.
int FindField(const arrow::FieldVector& fields, const std::string& name);

// The text under a key of the field's metadata; empty when there is none.
std::string FieldText(const arrow::Field& field, const std::string& key);

// The field with a key of its metadata set; "" takes the key away.
std::shared_ptr<arrow::Field> WithFieldText(const std::shared_ptr<arrow::Field>& field,
                                            const std::string& key, const std::string& value);

}  // namespace pixlake::delta

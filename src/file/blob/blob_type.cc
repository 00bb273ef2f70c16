#include "file/blob/blob_type.h"

#include <arrow/type.h>

namespace pixlake::file {

bool IsBlob(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
         type.id() == arrow::Type::BINARY_VIEW;
}

}  // namespace pixlake::file

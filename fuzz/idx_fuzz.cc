// IDX headers and data: no bytes may crash the parser or read out of range.
#include "image/idx/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto view = pixlake::image::ParseIdx({data, size}, "fuzz");
  if (!view.ok()) return 0;
  const int64_t elements = view->header.data_bytes / pixlake::image::IdxTypeSize(view->header.type);
  volatile double sum = 0;
  for (int64_t i = 0; i < elements; ++i)
    sum = sum + pixlake::image::IdxElement(view->header.type, view->data, i);
  return 0;
}

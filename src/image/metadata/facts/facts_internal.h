// What the parts of common_facts.h share.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "image/metadata/metadata.h"

namespace pixlake::image {

// A moment and how its zone is known.
struct TakenAt {
  int64_t micros = 0;
  std::string_view zone;
};

std::optional<TakenAt> TakenAtOf(const ImageMetadata& metadata);

// Null: no such property, or one too long to keep.
const XmpProperty* FindXmp(const ImageMetadata& metadata, std::string_view name);
// Its first value; empty: none.
std::string_view XmpText(const ImageMetadata& metadata, std::string_view name);
const IptcDataset* FindIptc(const ImageMetadata& metadata, uint8_t number);  // of record 2

// Without blanks around it.
std::string_view Trimmed(std::string_view text);

// "28", "2.8", "28/10", all of it; nullopt for what is no finite number.
std::optional<double> ParseNumber(std::string_view text);

}  // namespace pixlake::image

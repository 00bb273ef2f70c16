// Members of JSON objects that others wrote.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"

namespace pixlake::table {

inline Status BadMember(const char* name, const char* expected) {
  return Error(ErrorCode::kCorrupt, fmt::format("member \"{}\" is not {}", name, expected));
}

// Null when there is none.
inline const nlohmann::json* FindMember(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && !found->is_null() ? &*found : nullptr;
}

inline Result<std::string> TextMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = FindMember(object, name);
  if (member == nullptr || !member->is_string()) return BadMember(name, "a text");
  return member->get<std::string>();
}

// At least `least`.
inline Result<int64_t> NumberMember(const nlohmann::json& object, const char* name, int64_t least) {
  const nlohmann::json* member = FindMember(object, name);
  if (member == nullptr || !member->is_number_integer() ||
      (member->is_number_unsigned() && member->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) ||
      member->get<int64_t>() < least)
    return BadMember(name, "such a number");
  return member->get<int64_t>();
}

inline Status CheckCodec(const nlohmann::json& object, int known) {
  PL_ASSIGN_OR_RETURN(const int64_t codec, NumberMember(object, "codec", 1));
  if (codec <= known) return Status::OK();
  return Error(ErrorCode::kUnsupported,
               fmt::format("a plan of codec {}, of a newer pixlake; this one knows {}", codec, known));
}

}  // namespace pixlake::table

#include <cstdlib>
#include <memory>

#include <expat.h>

#include "base/clock.h"
#include "io/object/s3_xml_internal.h"

namespace pixlake::io {
namespace {

struct FreeParser {
  void operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }
};

struct Reading {
  S3Answer answer;
  std::vector<std::string> path;
  std::string text;
};

void OnStart(void* user, const XML_Char* name, const XML_Char**) {
  auto* reading = static_cast<Reading*>(user);
  const std::string_view full(name);
  reading->path.emplace_back(full.substr(full.rfind(':') + 1));
  reading->text.clear();
  if (reading->path.size() == 2 && reading->path.back() == "Contents") reading->answer.objects.emplace_back();
}

void OnEnd(void* user, const XML_Char*) {
  auto* reading = static_cast<Reading*>(user);
  const std::string name = reading->path.back();
  reading->path.pop_back();
  const std::string_view parent = reading->path.empty() ? std::string_view() : reading->path.back();
  S3Answer& answer = reading->answer;
  if (parent == "Contents" && !answer.objects.empty()) {
    S3Answer::Object& object = answer.objects.back();
    if (name == "Key") object.key = reading->text;
    if (name == "Size") object.size = std::strtoll(reading->text.c_str(), nullptr, 10);
    if (name == "ETag") object.etag = reading->text;
    if (name == "LastModified") object.modified_ms = ParseTimestamp(reading->text).ValueOr(0);
  } else if (parent == "CommonPrefixes" && name == "Prefix") {
    answer.prefixes.push_back(reading->text);
  } else if (name == "NextContinuationToken") {
    answer.next_token = reading->text;
  } else if (name == "UploadId") {
    answer.upload_id = reading->text;
  } else if (parent == "Error" && name == "Code") {
    answer.error_code = reading->text;
  }
  reading->text.clear();
}

void OnText(void* user, const XML_Char* text, int size) {
  static_cast<Reading*>(user)->text.append(text, static_cast<size_t>(size));
}

}  // namespace

Result<S3Answer> ParseS3Answer(std::string_view xml) {
  const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate(nullptr));
  Reading reading;
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), OnStart, OnEnd);
  XML_SetCharacterDataHandler(parser.get(), OnText);
  if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) != XML_STATUS_OK)
    return Error(ErrorCode::kCorrupt, "the store's answer is no XML");
  return std::move(reading.answer);
}

}  // namespace pixlake::io

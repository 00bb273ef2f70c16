// Images that are fetched: from a list of URLs, one URL, or below a prefix of a store.
#pragma once

#include <memory>
#include <string>

#include "ingest/source/item_stream_internal.h"
#include "ingest/source/url/wanted_urls_internal.h"

namespace pixlake::ingest {

// http, https, data and the schemes of object stores, in any case.
bool IsFetched(const std::string& argument);

// Everything `wanted` names, as a source of its own.
std::unique_ptr<Source> SourceOfUrls(std::unique_ptr<WantedUrls> wanted, const SourceOptions& options);

// Many are fetched at once, so items come in no order. What is known by its uri and etag (of an
// object its size and time, of an HTTP URL that it was taken once) is not fetched again; what could not be
// taken is. A list is known by its name (file::IsUrlListName) and `options.url_column`.
Result<std::unique_ptr<ItemStream>> OpenUrls(const std::string& argument, SourceRun* run);

}  // namespace pixlake::ingest

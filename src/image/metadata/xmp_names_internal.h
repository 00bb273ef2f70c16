// Names of XMP: a namespace's URI and a local name, written with the usual prefix.
#pragma once

#include <string>
#include <string_view>

namespace pixlake::image {

struct XmpName {
  std::string prefixed;  // "dc:title"
  std::string_view local;
  bool is_rdf = false;
  bool is_xml = false;
  bool has_namespace = false;
};

// Of expat's "URI<separator>local[<separator>prefix]". A namespace that
// specifications give a prefix has that one, whatever the packet calls it.
XmpName SplitXmpName(std::string_view qualified, char separator);

// Whether specifications have a list of texts (Bag, Seq) under the name, "dc:subject".
bool IsXmpArray(std::string_view name);

}  // namespace pixlake::image

// XMP Specification, part 1 (ISO 16684-1:2019), 7 "RDF serialization of XMP".
#include <algorithm>
#include <unordered_map>

#include <expat.h>
#include <fmt/format.h>

#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"
#include "image/metadata/xmp_names_internal.h"

namespace pixlake::image {
namespace {

constexpr size_t kMostDepth = 64;
constexpr char kSeparator = '\n';  // in expat's names; cannot stand in a URI or a name

enum class FrameKind : uint8_t { kOutside, kRdf, kNode, kProperty, kArray, kItem };

struct Frame {
  FrameKind kind = FrameKind::kOutside;
  bool has_children = false;
  bool has_value = false;  // its value was an attribute or rdf:value's
  bool is_alternative = false;
  int items = 0;
  std::string path;  // of a node what its fields begin with
  std::string language;
  std::string text;
  uint64_t left_out = 0;
};

class XmpReader {
 public:
  explicit XmpReader(ImageMetadata* metadata) : metadata_(metadata) {
    for (size_t i = 0; i < metadata->xmp.size(); ++i) index_.emplace(metadata->xmp[i].name, i);
    known_ = index_.size();
  }
  ~XmpReader() { XML_ParserFree(parser_); }
  XmpReader(const XmpReader&) = delete;
  XmpReader& operator=(const XmpReader&) = delete;

  void Read(std::span<const uint8_t> packet, int64_t offset);

 private:
  void Start(const char* name, const char** attributes);
  void End();
  void Text(std::string_view text);
  void OpenNode(const XmpName& name, const char** attributes, Frame* frame);
  void OpenProperty(const XmpName& name, const char** attributes, Frame* frame);
  void ReadAttributes(const char** attributes, Frame* frame);
  // A value's end: where it goes depends on what it stands in.
  void Store(const std::string& path, std::string value, bool in_array, uint64_t left_out);
  void Refuse(std::string reason) {
    if (refused_.empty()) refused_ = std::move(reason);
    XML_StopParser(parser_, XML_FALSE);
  }

  ImageMetadata* const metadata_;
  XML_Parser parser_ = XML_ParserCreateNS(nullptr, kSeparator);
  std::vector<Frame> stack_;
  std::unordered_map<std::string, size_t> index_;  // of properties by name
  size_t known_ = 0;                               // of them from an earlier packet
  size_t total_ = 0;
  std::string refused_;
};

void XmpReader::Read(std::span<const uint8_t> packet, int64_t offset) {
  if (parser_ == nullptr) return;
  XML_SetReturnNSTriplet(parser_, 1);
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(
      parser_,
      [](void* self, const char* name, const char** attributes) {
        static_cast<XmpReader*>(self)->Start(name, attributes);
      },
      [](void* self, const char*) { static_cast<XmpReader*>(self)->End(); });
  XML_SetCharacterDataHandler(parser_, [](void* self, const char* text, int size) {
    static_cast<XmpReader*>(self)->Text({text, static_cast<size_t>(size)});
  });
  // Part 1, 7.2: XMP has no document type, so there is no entity to expand.
  XML_SetStartDoctypeDeclHandler(parser_, [](void* self, const char*, const char*, const char*, int) {
    static_cast<XmpReader*>(self)->Refuse("a document type is declared, which XMP has none of");
  });
  const auto* text = reinterpret_cast<const char*>(packet.data());
  if (XML_Parse(parser_, text, static_cast<int>(packet.size()), 1) == XML_STATUS_OK) return;
  if (refused_.empty()) refused_ = XML_ErrorString(XML_GetErrorCode(parser_));
  const auto at = static_cast<int64_t>(XML_GetCurrentByteIndex(parser_));
  AddNote(metadata_, "damaged_xmp", std::move(refused_), offset < 0 || at < 0 ? -1 : offset + at);
}

// 7.4: within rdf:RDF there are nodes, in nodes properties, in properties a value, a
// node or an array, in arrays items, which are as properties.
void XmpReader::Start(const char* qualified, const char** attributes) {
  if (stack_.size() >= kMostDepth) return Refuse("elements are nested too deeply");
  const XmpName name = SplitXmpName(qualified, kSeparator);
  Frame frame;
  Frame* parent = stack_.empty() ? nullptr : &stack_.back();
  const FrameKind around = parent == nullptr ? FrameKind::kOutside : parent->kind;
  if (parent != nullptr) parent->has_children = true;
  if (around == FrameKind::kOutside) {
    if (name.is_rdf && name.local == "RDF") frame.kind = FrameKind::kRdf;
  } else if (around == FrameKind::kRdf) {
    OpenNode(name, attributes, &frame);
  } else if (around == FrameKind::kNode) {
    OpenProperty(name, attributes, &frame);
  } else if (around == FrameKind::kArray) {
    frame.kind = FrameKind::kItem;
    frame.is_alternative = parent->is_alternative;
    frame.path = fmt::format("{}[{}]", parent->path, ++parent->items);
    ReadAttributes(attributes, &frame);
  } else if (name.is_rdf && (name.local == "Bag" || name.local == "Seq" || name.local == "Alt")) {
    frame.kind = FrameKind::kArray;
    frame.path = parent->path;
    frame.is_alternative = name.local == "Alt";
  } else {
    frame.path = parent->path;
    OpenNode(name, attributes, &frame);
  }
  stack_.push_back(std::move(frame));
}

void XmpReader::OpenNode(const XmpName&, const char** attributes, Frame* frame) {
  frame->kind = FrameKind::kNode;
  ReadAttributes(attributes, frame);
}

void XmpReader::OpenProperty(const XmpName& name, const char** attributes, Frame* frame) {
  const Frame& node = stack_.back();
  frame->kind = FrameKind::kProperty;
  // 7.8: a value with qualifiers is a node of which rdf:value is the value.
  if (name.is_rdf && name.local == "value") {
    frame->path = node.path;
  } else {
    frame->path = node.path.empty() ? name.prefixed : node.path + "/" + name.prefixed;
  }
  ReadAttributes(attributes, frame);
}

// 7.5 parseType="Resource" makes of a property a node; 7.9.2.2 other attributes are
// fields; 7.9.2.3 rdf:resource is a value that is a URI.
void XmpReader::ReadAttributes(const char** attributes, Frame* frame) {
  for (; *attributes != nullptr; attributes += 2) {
    const XmpName name = SplitXmpName(attributes[0], kSeparator);
    const std::string_view value = attributes[1];
    if (name.is_xml) {
      if (name.local == "lang") frame->language = value;
    } else if (name.is_rdf) {
      if (name.local == "parseType" && value == "Resource") {
        frame->kind = FrameKind::kNode;
      } else if ((name.local == "resource" || name.local == "value") && frame->kind == FrameKind::kProperty) {
        Store(frame->path, std::string(value), false, 0);
        frame->has_value = true;
      }
    } else if (!name.prefixed.empty() && name.has_namespace) {
      const bool top = frame->path.empty();
      const size_t kept = std::min(value.size(), kMostXmpValueBytes);
      Store(top ? name.prefixed : frame->path + "/" + name.prefixed, std::string(value.substr(0, kept)),
            false, value.size() - kept);
      frame->has_children = true;
    }
  }
}

void XmpReader::Text(std::string_view text) {
  if (stack_.empty()) return;
  Frame& frame = stack_.back();
  if (frame.kind != FrameKind::kProperty && frame.kind != FrameKind::kItem) return;
  const size_t room = kMostXmpValueBytes - frame.text.size();
  frame.text.append(text.substr(0, room));
  frame.left_out += text.size() - std::min(room, text.size());
}

void XmpReader::End() {
  if (stack_.empty()) return;
  const Frame frame = std::move(stack_.back());
  stack_.pop_back();
  if (frame.has_children || frame.has_value) return;
  if (frame.kind == FrameKind::kProperty) {
    Store(frame.path, frame.text, false, frame.left_out);
  } else if (frame.kind == FrameKind::kItem && !stack_.empty()) {
    const std::string& array = stack_.back().path;
    // 8.2.2.4 Language alternatives: x-default is the first.
    if (frame.is_alternative && !frame.language.empty()) {
      const bool plain = frame.language == "x-default" || stack_.back().items == 1;
      Store(plain ? array : fmt::format("{}[{}]", array, frame.language), frame.text, false, frame.left_out);
    } else {
      Store(array, frame.text, true, frame.left_out);
    }
  }
}

void XmpReader::Store(const std::string& path, std::string value, bool in_array, uint64_t left_out) {
  if (path.empty()) return;
  total_ += path.size() + value.size() + sizeof(XmpProperty);
  if (total_ > kMostXmpTotalBytes) return Refuse("there is more of it than is kept");
  const auto [found, fresh] = index_.try_emplace(path, metadata_->xmp.size());
  if (!fresh) {
    // What extended XMP repeats, and what stands twice, counts once.
    if (!in_array || found->second < known_) return;
  } else if (metadata_->xmp.size() >= kMostXmpProperties) {
    return Refuse("there are more properties than are kept");
  } else {
    metadata_->xmp.push_back({path, {}, in_array, 0});
  }
  XmpProperty& property = metadata_->xmp[found->second];
  if (left_out != 0) {
    property.left_out += left_out + value.size();
    AddNote(metadata_, "xmp_value_left_out", fmt::format("{} bytes", left_out + value.size()), -1,
            "xmp." + path);
    return;
  }
  property.is_array |= in_array;
  property.values.push_back(std::move(value));
}

}  // namespace

namespace {

// Part 1, 7.3.2: a packet may be followed by white space, and in files by zeros.
void ReadPacket(std::span<const uint8_t> packet, int64_t offset, ImageMetadata* metadata) {
  const auto whole = packet;
  while (!packet.empty() && packet.back() == 0) packet = packet.first(packet.size() - 1);
  // The last character of little-endian UTF-16 has a zero of its own.
  const bool utf16 = packet.size() > 2 && packet[0] == 0xFF && packet[1] == 0xFE;
  if (utf16 && packet.size() % 2 != 0) packet = whole.first(std::min(whole.size(), packet.size() + 1));
  if (packet.empty()) return;
  if (packet.size() > kMostXmpBytes) {
    return AddNote(metadata, "damaged_xmp", fmt::format("a packet of {} bytes", packet.size()), offset);
  }
  XmpReader(metadata).Read(packet, offset);
}

}  // namespace

void ReadXmp(std::span<const uint8_t> packet, int64_t offset, ImageMetadata* metadata) {
  ++metadata->xmp_packets;
  if (metadata->xmp_packets > kMostXmpPackets + 1) return;
  if (metadata->xmp_packets > kMostXmpPackets) {
    return AddNote(metadata, "second_xmp",
                   fmt::format("over {} packets, the rest is not read", kMostXmpPackets), offset);
  }
  if (metadata->xmp_packets > 1) {
    AddNote(metadata, "second_xmp", "of what several packets say the first counts", offset);
  }
  ReadPacket(packet, offset, metadata);
}

void ReadXmpExtension(std::span<const uint8_t> packet, ImageMetadata* metadata) {
  ReadPacket(packet, -1, metadata);
}

}  // namespace pixlake::image

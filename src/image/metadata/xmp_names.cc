// XMP Specification, parts 1 and 2 (2019 and 2014), and the specifications named below.
#include <algorithm>
#include <array>
#include <utility>

#include "image/metadata/xmp_names_internal.h"

namespace pixlake::image {
namespace {

constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";

using Prefix = std::pair<std::string_view, std::string_view>;
constexpr auto kPrefixes = std::to_array<Prefix>({
    {"http://purl.org/dc/elements/1.1/", "dc"},
    {"http://ns.adobe.com/xap/1.0/", "xmp"},
    {"http://ns.adobe.com/xap/1.0/rights/", "xmpRights"},
    {"http://ns.adobe.com/xap/1.0/mm/", "xmpMM"},
    {"http://ns.adobe.com/xap/1.0/bj/", "xmpBJ"},
    {"http://ns.adobe.com/xap/1.0/t/pg/", "xmpTPg"},
    {"http://ns.adobe.com/xap/1.0/g/", "xmpG"},
    {"http://ns.adobe.com/xap/1.0/g/img/", "xmpGImg"},
    {"http://ns.adobe.com/xmp/1.0/DynamicMedia/", "xmpDM"},
    {"http://ns.adobe.com/xmp/note/", "xmpNote"},
    {"http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stDim"},
    {"http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "stEvt"},
    {"http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "stRef"},
    {"http://ns.adobe.com/xap/1.0/sType/Version#", "stVer"},
    {"http://ns.adobe.com/xap/1.0/sType/Job#", "stJob"},
    {"http://ns.adobe.com/xap/1.0/sType/Font#", "stFnt"},
    {"http://ns.adobe.com/xmp/sType/Area#", "stArea"},
    {"http://ns.adobe.com/tiff/1.0/", "tiff"},
    {"http://ns.adobe.com/exif/1.0/", "exif"},
    {"http://ns.adobe.com/exif/1.0/aux/", "aux"},
    {"http://cipa.jp/exif/1.0/", "exifEX"},
    {"http://ns.adobe.com/photoshop/1.0/", "photoshop"},
    {"http://ns.adobe.com/camera-raw-settings/1.0/", "crs"},
    {"http://ns.adobe.com/lightroom/1.0/", "lr"},
    {"http://ns.adobe.com/pdf/1.3/", "pdf"},
    {"http://ns.adobe.com/hdr-gain-map/1.0/", "hdrgm"},
    {"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Iptc4xmpCore"},
    {"http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"},
    {"http://ns.useplus.org/ldf/xmp/1.0/", "plus"},
    {"http://creativecommons.org/ns#", "cc"},
    {"http://www.metadataworkinggroup.com/schemas/regions/", "mwg-rs"},
    {"http://www.metadataworkinggroup.com/schemas/keywords/", "mwg-kw"},
    {"http://www.metadataworkinggroup.com/schemas/collections/", "mwg-coll"},
    {"http://ns.microsoft.com/photo/1.0/", "MicrosoftPhoto"},
    {"http://ns.microsoft.com/photo/1.2/", "MP"},
    {"http://ns.microsoft.com/photo/1.2/t/RegionInfo#", "MPRI"},
    {"http://ns.microsoft.com/photo/1.2/t/Region#", "MPReg"},
    {"http://ns.google.com/photos/1.0/depthmap/", "GDepth"},
    {"http://ns.google.com/photos/1.0/focus/", "GFocus"},
    {"http://ns.google.com/photos/1.0/image/", "GImage"},
    {"http://ns.google.com/photos/1.0/panorama/", "GPano"},
    {"http://ns.google.com/photos/1.0/camera/", "GCamera"},
});

// Sorted. Parts 1 and 2, and IPTC's, PLUS's, CIPA's and the makers' own.
constexpr auto kArrays = std::to_array<std::string_view>({
    "Iptc4xmpCore:Scene",
    "Iptc4xmpCore:SubjectCode",
    "Iptc4xmpExt:ModelAge",
    "Iptc4xmpExt:OrganisationInImageCode",
    "Iptc4xmpExt:OrganisationInImageName",
    "Iptc4xmpExt:PersonInImage",
    "MicrosoftPhoto:LastKeywordIPTC",
    "MicrosoftPhoto:LastKeywordXMP",
    "crs:ToneCurve",
    "crs:ToneCurveBlue",
    "crs:ToneCurveGreen",
    "crs:ToneCurvePV2012",
    "crs:ToneCurvePV2012Blue",
    "crs:ToneCurvePV2012Green",
    "crs:ToneCurvePV2012Red",
    "crs:ToneCurveRed",
    "dc:contributor",
    "dc:creator",
    "dc:date",
    "dc:language",
    "dc:publisher",
    "dc:relation",
    "dc:subject",
    "dc:type",
    "digiKam:TagsList",
    "exif:CFAPattern/exif:Values",
    "exif:ComponentsConfiguration",
    "exif:DeviceSettingDescription/exif:Settings",
    "exif:ISOSpeedRatings",
    "exif:OECF/exif:Names",
    "exif:OECF/exif:Values",
    "exif:SpatialFrequencyResponse/exif:Names",
    "exif:SpatialFrequencyResponse/exif:Values",
    "exif:SubjectArea",
    "exif:SubjectLocation",
    "exifEX:LensSpecification",
    "lr:hierarchicalSubject",
    "lr:weightedFlatSubject",
    "photoshop:DocumentAncestors",
    "photoshop:SupplementalCategories",
    "plus:ModelReleaseID",
    "plus:PropertyReleaseID",
    "tiff:BitsPerSample",
    "tiff:PrimaryChromaticities",
    "tiff:ReferenceBlackWhite",
    "tiff:TransferFunction",
    "tiff:WhitePoint",
    "tiff:YCbCrCoefficients",
    "tiff:YCbCrSubSampling",
    "xmp:Advisory",
    "xmp:Identifier",
    "xmpRights:Owner",
    "xmpTPg:PlateNames",
});
static_assert(std::is_sorted(kArrays.begin(), kArrays.end()));

// Every property is asked for; nearly all are told from those above by size and two letters.
constexpr size_t Sketch(std::string_view name) {
  const auto letter = [&](size_t from_end) { return static_cast<size_t>(name[name.size() - from_end] & 31); };
  return (name.size() & 15) << 6 ^ letter(1) << 3 ^ letter(3);
}
constexpr auto kMayBeArray = [] {
  std::array<bool, 1024> may = {};
  for (const std::string_view name : kArrays) may[Sketch(name)] = true;
  return may;
}();

}  // namespace

bool IsXmpArray(std::string_view name) {
  if (name.size() < 3 || !kMayBeArray[Sketch(name)]) return false;
  return std::binary_search(kArrays.begin(), kArrays.end(), name);
}

XmpName SplitXmpName(std::string_view qualified, char separator) {
  XmpName name;
  const size_t first = qualified.find(separator);
  if (first == std::string_view::npos) {
    name.local = qualified;
    name.prefixed = qualified;
    return name;
  }
  const std::string_view uri = qualified.substr(0, first);
  std::string_view rest = qualified.substr(first + 1), prefix;
  const size_t second = rest.find(separator);
  if (second != std::string_view::npos) {
    prefix = rest.substr(second + 1);
    rest = rest.substr(0, second);
  }
  name.local = rest;
  name.has_namespace = true;
  name.is_rdf = uri == kRdf;
  name.is_xml = uri == kXml;
  const auto* known = std::find_if(kPrefixes.begin(), kPrefixes.end(),
                                   [&](const Prefix& entry) { return entry.first == uri; });
  if (known != kPrefixes.end()) prefix = known->second;
  if (name.is_rdf) prefix = "rdf";
  name.prefixed = prefix.empty() ? std::string(rest) : std::string(prefix) + ":" + std::string(rest);
  return name;
}

}  // namespace pixlake::image

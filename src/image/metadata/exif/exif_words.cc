// Codes and their meanings: TIFF 6.0, sections 8 to 22; TIFF/EP (ISO 12234-2); RFC 2301; Exif 3.0
// (CIPA DC-008-2023), 4.6.5 to 4.6.8; DNG 1.4. The words are those that people know from exiftool, which
// tests/interop/test_exiftool_words.py holds them against. Sorted by tag, for the binary search.
#include <algorithm>
#include <array>
#include <span>

#include "image/metadata/exif/exif_words_internal.h"

namespace pixlake::image {
namespace {

struct Code {
  int32_t code;
  std::string_view words;
};

constexpr auto kSubfileTypes = std::to_array<Code>({
    {0, "Full-resolution image"},
    {1, "Reduced-resolution image"},
    {2, "Single page of multi-page image"},
    {3, "Single page of multi-page reduced-resolution image"},
    {4, "Transparency mask"},
    {5, "Transparency mask of reduced-resolution image"},
    {6, "Transparency mask of multi-page image"},
    {7, "Transparency mask of reduced-resolution multi-page image"},
    {8, "Depth map"},
    {9, "Depth map of reduced-resolution image"},
    {16, "Enhanced image data"},
    {0x10001, "Alternate reduced-resolution image"},
    {0x10004, "Semantic Mask"},
});
constexpr auto kOldSubfileTypes = std::to_array<Code>({
    {1, "Full-resolution image"},
    {2, "Reduced-resolution image"},
    {3, "Single page of multi-page image"},
});
constexpr auto kCompressions = std::to_array<Code>({
    {1, "Uncompressed"},
    {2, "CCITT 1D"},
    {3, "T4/Group 3 Fax"},
    {4, "T6/Group 4 Fax"},
    {5, "LZW"},
    {6, "JPEG (old-style)"},
    {7, "JPEG"},
    {8, "Adobe Deflate"},
    {9, "JBIG B&W"},
    {10, "JBIG Color"},
    {99, "JPEG"},
    {262, "Kodak 262"},
    {32766, "Next"},
    {32767, "Sony ARW Compressed"},
    {32769, "Packed RAW"},
    {32770, "Samsung SRW Compressed"},
    {32771, "CCIRLEW"},
    {32772, "Samsung SRW Compressed 2"},
    {32773, "PackBits"},
    {32809, "Thunderscan"},
    {32867, "Kodak KDC Compressed"},
    {32895, "IT8CTPAD"},
    {32896, "IT8LW"},
    {32897, "IT8MP"},
    {32898, "IT8BL"},
    {32908, "PixarFilm"},
    {32909, "PixarLog"},
    {32946, "Deflate"},
    {32947, "DCS"},
    {33003, "Aperio JPEG 2000 YCbCr"},
    {33005, "Aperio JPEG 2000 RGB"},
    {34661, "JBIG"},
    {34676, "SGILog"},
    {34677, "SGILog24"},
    {34712, "JPEG 2000"},
    {34713, "Nikon NEF Compressed"},
    {34715, "JBIG2 TIFF FX"},
    {34718, "Microsoft Document Imaging (MDI) Binary Level Codec"},
    {34719, "Microsoft Document Imaging (MDI) Progressive Transform Codec"},
    {34720, "Microsoft Document Imaging (MDI) Vector"},
    {34887, "ESRI Lerc"},
    {34892, "Lossy JPEG"},
    {34925, "LZMA2"},
    {34926, "Zstd"},
    {34927, "WebP"},
    {34933, "PNG"},
    {34934, "JPEG XR"},
    {65000, "Kodak DCR Compressed"},
    {65535, "Pentax PEF Compressed"},
});
constexpr auto kPhotometrics = std::to_array<Code>({
    {0, "WhiteIsZero"},
    {1, "BlackIsZero"},
    {2, "RGB"},
    {3, "RGB Palette"},
    {4, "Transparency Mask"},
    {5, "CMYK"},
    {6, "YCbCr"},
    {8, "CIELab"},
    {9, "ICCLab"},
    {10, "ITULab"},
    {32803, "Color Filter Array"},
    {32844, "Pixar LogL"},
    {32845, "Pixar LogLuv"},
    {32892, "Sequential Color Filter"},
    {34892, "Linear Raw"},
    {51177, "Depth Map"},
    {52527, "Semantic Mask"},
});
constexpr auto kThresholdings = std::to_array<Code>({
    {1, "No dithering or halftoning"},
    {2, "Ordered dither or halftone"},
    {3, "Randomized dither"},
});
constexpr auto kFillOrders = std::to_array<Code>({{1, "Normal"}, {2, "Reversed"}});
constexpr auto kOrientations = std::to_array<Code>({
    {1, "Horizontal (normal)"},
    {2, "Mirror horizontal"},
    {3, "Rotate 180"},
    {4, "Mirror vertical"},
    {5, "Mirror horizontal and rotate 270 CW"},
    {6, "Rotate 90 CW"},
    {7, "Mirror horizontal and rotate 90 CW"},
    {8, "Rotate 270 CW"},
});
constexpr auto kPlanarConfigurations = std::to_array<Code>({{1, "Chunky"}, {2, "Planar"}});
constexpr auto kGrayUnits =
    std::to_array<Code>({{1, "0.1"}, {2, "0.001"}, {3, "0.0001"}, {4, "1e-05"}, {5, "1e-06"}});
constexpr auto kResolutionUnits = std::to_array<Code>({{1, "None"}, {2, "inches"}, {3, "cm"}});
constexpr auto kFocalPlaneUnits =
    std::to_array<Code>({{1, "None"}, {2, "inches"}, {3, "cm"}, {4, "mm"}, {5, "um"}});
constexpr auto kPredictors = std::to_array<Code>({
    {1, "None"},
    {2, "Horizontal differencing"},
    {3, "Floating point"},
    {34892, "Horizontal difference X2"},
    {34893, "Horizontal difference X4"},
    {34894, "Floating point X2"},
    {34895, "Floating point X4"},
});
constexpr auto kFaxData = std::to_array<Code>({{0, "Clean"}, {1, "Regenerated"}, {2, "Unclean"}});
constexpr auto kInkSets = std::to_array<Code>({{1, "CMYK"}, {2, "Not CMYK"}});
constexpr auto kExtraSamples =
    std::to_array<Code>({{0, "Unspecified"}, {1, "Associated Alpha"}, {2, "Unassociated Alpha"}});
constexpr auto kSampleFormats = std::to_array<Code>({
    {1, "Unsigned"},
    {2, "Signed"},
    {3, "Float"},
    {4, "Undefined"},
    {5, "Complex int"},
    {6, "Complex float"},
});
constexpr auto kIndexed = std::to_array<Code>({{0, "Not indexed"}, {1, "Indexed"}});
constexpr auto kOpiProxies = std::to_array<Code>(
    {{0, "Higher resolution image does not exist"}, {1, "Higher resolution image exists"}});
constexpr auto kProfileTypes = std::to_array<Code>({{0, "Unspecified"}, {1, "Group 3 FAX"}});
constexpr auto kFaxProfiles = std::to_array<Code>({
    {0, "Unknown"},
    {1, "Minimal B&W lossless, S"},
    {2, "Extended B&W lossless, F"},
    {3, "Lossless JBIG B&W, J"},
    {4, "Lossy color and grayscale, C"},
    {5, "Lossless color and grayscale, L"},
    {6, "Mixed raster content, M"},
    {7, "Profile T"},
    {255, "Multi Profiles"},
});
constexpr auto kJpegProcs = std::to_array<Code>({{1, "Baseline"}, {14, "Lossless"}});
constexpr auto kYccPositions = std::to_array<Code>({{1, "Centered"}, {2, "Co-sited"}});
constexpr auto kExposurePrograms = std::to_array<Code>({
    {0, "Not Defined"},
    {1, "Manual"},
    {2, "Program AE"},
    {3, "Aperture-priority AE"},
    {4, "Shutter speed priority AE"},
    {5, "Creative (Slow speed)"},
    {6, "Action (High speed)"},
    {7, "Portrait"},
    {8, "Landscape"},
    {9, "Bulb"},
});
constexpr auto kSensitivityTypes = std::to_array<Code>({
    {0, "Unknown"},
    {1, "Standard Output Sensitivity"},
    {2, "Recommended Exposure Index"},
    {3, "ISO Speed"},
    {4, "Standard Output Sensitivity and Recommended Exposure Index"},
    {5, "Standard Output Sensitivity and ISO Speed"},
    {6, "Recommended Exposure Index and ISO Speed"},
    {7, "Standard Output Sensitivity, Recommended Exposure Index and ISO Speed"},
});
constexpr auto kComponents =
    std::to_array<Code>({{0, "-"}, {1, "Y"}, {2, "Cb"}, {3, "Cr"}, {4, "R"}, {5, "G"}, {6, "B"}});
constexpr auto kMeteringModes = std::to_array<Code>({
    {0, "Unknown"},
    {1, "Average"},
    {2, "Center-weighted average"},
    {3, "Spot"},
    {4, "Multi-spot"},
    {5, "Multi-segment"},
    {6, "Partial"},
    {255, "Other"},
});
constexpr auto kLightSources = std::to_array<Code>({
    {0, "Unknown"},
    {1, "Daylight"},
    {2, "Fluorescent"},
    {3, "Tungsten (Incandescent)"},
    {4, "Flash"},
    {9, "Fine Weather"},
    {10, "Cloudy"},
    {11, "Shade"},
    {12, "Daylight Fluorescent"},
    {13, "Day White Fluorescent"},
    {14, "Cool White Fluorescent"},
    {15, "White Fluorescent"},
    {16, "Warm White Fluorescent"},
    {17, "Standard Light A"},
    {18, "Standard Light B"},
    {19, "Standard Light C"},
    {20, "D55"},
    {21, "D65"},
    {22, "D75"},
    {23, "D50"},
    {24, "ISO Studio Tungsten"},
    {255, "Other"},
});
constexpr auto kFlashes = std::to_array<Code>({
    {0x00, "No Flash"},
    {0x01, "Fired"},
    {0x05, "Fired, Return not detected"},
    {0x07, "Fired, Return detected"},
    {0x08, "On, Did not fire"},
    {0x09, "On, Fired"},
    {0x0D, "On, Return not detected"},
    {0x0F, "On, Return detected"},
    {0x10, "Off, Did not fire"},
    {0x14, "Off, Did not fire, Return not detected"},
    {0x18, "Auto, Did not fire"},
    {0x19, "Auto, Fired"},
    {0x1D, "Auto, Fired, Return not detected"},
    {0x1F, "Auto, Fired, Return detected"},
    {0x20, "No flash function"},
    {0x30, "Off, No flash function"},
    {0x41, "Fired, Red-eye reduction"},
    {0x45, "Fired, Red-eye reduction, Return not detected"},
    {0x47, "Fired, Red-eye reduction, Return detected"},
    {0x49, "On, Red-eye reduction"},
    {0x4D, "On, Red-eye reduction, Return not detected"},
    {0x4F, "On, Red-eye reduction, Return detected"},
    {0x50, "Off, Red-eye reduction"},
    {0x58, "Auto, Did not fire, Red-eye reduction"},
    {0x59, "Auto, Fired, Red-eye reduction"},
    {0x5D, "Auto, Fired, Red-eye reduction, Return not detected"},
    {0x5F, "Auto, Fired, Red-eye reduction, Return detected"},
});
constexpr auto kTiffEpSensing = std::to_array<Code>({
    {1, "Monochrome area"},
    {2, "One-chip color area"},
    {3, "Two-chip color area"},
    {4, "Three-chip color area"},
    {5, "Color sequential area"},
    {6, "Monochrome linear"},
    {7, "Trilinear"},
    {8, "Color sequential linear"},
});
constexpr auto kSensingMethods = std::to_array<Code>({
    {1, "Not defined"},
    {2, "One-chip color area"},
    {3, "Two-chip color area"},
    {4, "Three-chip color area"},
    {5, "Color sequential area"},
    {7, "Trilinear"},
    {8, "Color sequential linear"},
});
constexpr auto kColorSpaces = std::to_array<Code>({
    {1, "sRGB"},
    {2, "Adobe RGB"},
    {65533, "Wide Gamut RGB"},
    {65534, "ICC Profile"},
    {65535, "Uncalibrated"},
});
constexpr auto kFileSources =
    std::to_array<Code>({{1, "Film Scanner"}, {2, "Reflection Print Scanner"}, {3, "Digital Camera"}});
constexpr auto kSceneTypes = std::to_array<Code>({{1, "Directly photographed"}});
constexpr auto kCustomRendered = std::to_array<Code>({
    {0, "Normal"},
    {1, "Custom"},
    {2, "HDR (no original saved)"},
    {3, "HDR (original saved)"},
    {4, "Original (for HDR)"},
    {6, "Panorama"},
    {7, "Portrait HDR"},
    {8, "Portrait"},
});
constexpr auto kExposureModes = std::to_array<Code>({{0, "Auto"}, {1, "Manual"}, {2, "Auto bracket"}});
constexpr auto kWhiteBalances = std::to_array<Code>({{0, "Auto"}, {1, "Manual"}});
constexpr auto kSceneCaptureTypes =
    std::to_array<Code>({{0, "Standard"}, {1, "Landscape"}, {2, "Portrait"}, {3, "Night"}, {4, "Other"}});
constexpr auto kGainControls = std::to_array<Code>(
    {{0, "None"}, {1, "Low gain up"}, {2, "High gain up"}, {3, "Low gain down"}, {4, "High gain down"}});
constexpr auto kContrasts = std::to_array<Code>({{0, "Normal"}, {1, "Low"}, {2, "High"}});
constexpr auto kSharpnesses = std::to_array<Code>({{0, "Normal"}, {1, "Soft"}, {2, "Hard"}});
constexpr auto kDistanceRanges =
    std::to_array<Code>({{0, "Unknown"}, {1, "Macro"}, {2, "Close"}, {3, "Distant"}});
constexpr auto kComposites = std::to_array<Code>({
    {0, "Unknown"},
    {1, "Not a Composite Image"},
    {2, "General Composite Image"},
    {3, "Composite Image Captured While Shooting"},
});
constexpr auto kCfaLayouts = std::to_array<Code>({
    {1, "Rectangular"},
    {2, "Even columns offset down 1/2 row"},
    {3, "Even columns offset up 1/2 row"},
    {4, "Even rows offset right 1/2 column"},
    {5, "Even rows offset left 1/2 column"},
    {6, "Even rows offset up by 1/2 row, even columns offset left by 1/2 column"},
    {7, "Even rows offset up by 1/2 row, even columns offset right by 1/2 column"},
    {8, "Even rows offset down by 1/2 row, even columns offset left by 1/2 column"},
    {9, "Even rows offset down by 1/2 row, even columns offset right by 1/2 column"},
});
constexpr auto kMakerNoteSafeties = std::to_array<Code>({{0, "Unsafe"}, {1, "Safe"}});
constexpr auto kEmbedPolicies = std::to_array<Code>(
    {{0, "Allow Copying"}, {1, "Embed if Used"}, {2, "Never Embed"}, {3, "No Restrictions"}});
constexpr auto kPreviewSpaces = std::to_array<Code>(
    {{0, "Unknown"}, {1, "Gray Gamma 2.2"}, {2, "sRGB"}, {3, "Adobe RGB"}, {4, "ProPhoto RGB"}});

constexpr auto kAltitudeRefs = std::to_array<Code>({
    {0, "Above Sea Level"},
    {1, "Below Sea Level"},
    {2, "Positive Sea Level (sea-level ref)"},
    {3, "Negative Sea Level (sea-level ref)"},
});
constexpr auto kDifferentials = std::to_array<Code>({{0, "No Correction"}, {1, "Differential Corrected"}});

struct Table {
  uint16_t tag;
  std::span<const Code> codes;
};

constexpr auto kImageTables = std::to_array<Table>({
    {0x00FE, kSubfileTypes},     {0x00FF, kOldSubfileTypes},
    {0x0103, kCompressions},     {0x0106, kPhotometrics},
    {0x0107, kThresholdings},    {0x010A, kFillOrders},
    {0x0112, kOrientations},     {0x011C, kPlanarConfigurations},
    {0x0122, kGrayUnits},        {0x0128, kResolutionUnits},
    {0x013D, kPredictors},       {0x0147, kFaxData},
    {0x014C, kInkSets},          {0x0152, kExtraSamples},
    {0x0153, kSampleFormats},    {0x015A, kIndexed},
    {0x015F, kOpiProxies},       {0x0191, kProfileTypes},
    {0x0192, kFaxProfiles},      {0x0200, kJpegProcs},
    {0x0213, kYccPositions},     {0x8822, kExposurePrograms},
    {0x8830, kSensitivityTypes}, {0x9101, kComponents},
    {0x9207, kMeteringModes},    {0x9208, kLightSources},
    {0x9209, kFlashes},          {0x9210, kFocalPlaneUnits},
    {0x9217, kTiffEpSensing},    {0xA001, kColorSpaces},
    {0xA210, kFocalPlaneUnits},  {0xA217, kSensingMethods},
    {0xA300, kFileSources},      {0xA301, kSceneTypes},
    {0xA401, kCustomRendered},   {0xA402, kExposureModes},
    {0xA403, kWhiteBalances},    {0xA406, kSceneCaptureTypes},
    {0xA407, kGainControls},     {0xA408, kContrasts},
    {0xA409, kContrasts},        {0xA40A, kSharpnesses},
    {0xA40C, kDistanceRanges},   {0xA460, kComposites},
    {0xC617, kCfaLayouts},       {0xC635, kMakerNoteSafeties},
    {0xC65A, kLightSources},     {0xC65B, kLightSources},
    {0xC6FD, kEmbedPolicies},    {0xC71A, kPreviewSpaces},
});
constexpr auto kGpsTables = std::to_array<Table>({{0x0005, kAltitudeRefs}, {0x001E, kDifferentials}});

struct TextCode {
  uint16_t tag;
  std::string_view code;
  std::string_view words;
};

constexpr auto kGpsTexts = std::to_array<TextCode>({
    {0x0001, "N", "North"},
    {0x0001, "S", "South"},
    {0x0003, "E", "East"},
    {0x0003, "W", "West"},
    {0x0009, "A", "Measurement Active"},
    {0x0009, "V", "Measurement Void"},
    {0x000A, "2", "2-Dimensional Measurement"},
    {0x000A, "3", "3-Dimensional Measurement"},
    {0x000C, "K", "km/h"},
    {0x000C, "M", "mph"},
    {0x000C, "N", "knots"},
    {0x000E, "M", "Magnetic North"},
    {0x000E, "T", "True North"},
    {0x0010, "M", "Magnetic North"},
    {0x0010, "T", "True North"},
    {0x0013, "N", "North"},
    {0x0013, "S", "South"},
    {0x0015, "E", "East"},
    {0x0015, "W", "West"},
    {0x0017, "M", "Magnetic North"},
    {0x0017, "T", "True North"},
    {0x0019, "K", "Kilometers"},
    {0x0019, "M", "Miles"},
    {0x0019, "N", "Nautical Miles"},
});
constexpr auto kInteropTexts = std::to_array<TextCode>({
    {0x0001, "R03", "R03 - DCF option file (Adobe RGB)"},
    {0x0001, "R98", "R98 - DCF basic file (sRGB)"},
    {0x0001, "THM", "THM - DCF thumbnail file"},
});
constexpr auto kImageTexts = std::to_array<TextCode>({
    {0x9212, "C", "Confidential"},
    {0x9212, "R", "Restricted"},
    {0x9212, "S", "Secret"},
    {0x9212, "T", "Top Secret"},
    {0x9212, "U", "Unclassified"},
});

}  // namespace

std::string_view WordsOfCode(IfdKind kind, uint16_t tag, int64_t code) {
  const std::span<const Table> tables =
      kind == IfdKind::kGps ? std::span<const Table>(kGpsTables) : std::span<const Table>(kImageTables);
  if (kind == IfdKind::kInterop) return {};
  const auto table = std::lower_bound(tables.begin(), tables.end(), tag,
                                      [](const Table& each, uint16_t wanted) { return each.tag < wanted; });
  if (table == tables.end() || table->tag != tag) return {};
  for (const Code& each : table->codes) {
    if (each.code == code) return each.words;
  }
  return {};
}

std::string_view WordsOfText(IfdKind kind, uint16_t tag, std::string_view code) {
  const std::span<const TextCode> texts = kind == IfdKind::kGps ? std::span<const TextCode>(kGpsTexts)
                                          : kind == IfdKind::kInterop
                                              ? std::span<const TextCode>(kInteropTexts)
                                              : std::span<const TextCode>(kImageTexts);
  for (const TextCode& each : texts) {
    if (each.tag == tag && each.code == code) return each.words;
  }
  return {};
}

}  // namespace pixlake::image

// The graph of steps as people look at it.
#pragma once

#include <string>
#include <vector>

#include "pipeline/step/step.h"

namespace pixlake::pipeline {

// Mermaid's flowchart: tables, and the steps between them.
std::string ToMermaid(const std::vector<Step>& steps);

// The same as a picture in SVG, from left to right: what a table is made of stands left of it.
std::string ToSvg(const std::vector<Step>& steps);

}  // namespace pixlake::pipeline

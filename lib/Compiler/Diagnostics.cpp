//===- Diagnostics.cpp - Diagnostics as text ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/Diagnostics.h"

#include "sluice/Support/Escape.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace sluice {
namespace {

/// Collects what users know a place by: ONNX node names and positions in text, in order, each once.
void collectPlaces(Location location, llvm::SmallSetVector<StringAttr, 4> &places) {
  llvm::TypeSwitch<LocationAttr>(location)
      .Case([&](NameLoc name) { places.insert(name.getName()); })
      .Case([&](FileLineColLoc file) {
        places.insert(StringAttr::get(file.getContext(), file.getFilename().getValue() + ":" +
                                                             llvm::Twine(file.getLine()) + ":" +
                                                             llvm::Twine(file.getColumn())));
      })
      .Case([&](CallSiteLoc call) { collectPlaces(call.getCallee(), places); })
      .Case([&](FusedLoc fused) {
        for (Location part : fused.getLocations())
          collectPlaces(part, places);
      });
}

/// Whether the location is, or is made of, a position in text.
bool isInText(Location location) {
  return location
      ->walk([](Location part) {
        return isa<FileLineColLoc>(part) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The message. Who wrote no operation of the IR is not told which one it is about: its place is a node.
std::string textOf(const Diagnostic &diagnostic) {
  std::string text = diagnostic.str();
  llvm::StringRef rest = text;
  if (isInText(diagnostic.getLocation()) || !rest.consume_front("'"))
    return text;
  auto [operation, message] = rest.split("' op ");
  const bool isName = operation.contains('.') && !operation.contains(' ');
  return isName && !message.empty() ? message.str() : text;
}

/// A diagnostic without its notes, on one line. Names come from files and may hold any bytes.
std::string line(const Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::SmallSetVector<StringAttr, 4> places;
  collectPlaces(diagnostic.getLocation(), places);
  if (!places.empty()) {
    llvm::interleave(places, os, [&](StringAttr place) { os << place.getValue(); }, ", ");
    os << ": ";
  }
  os << textOf(diagnostic);
  return escapeLine(text);
}

} // namespace

std::string formatDiagnostic(const Diagnostic &diagnostic) {
  std::string text = line(diagnostic);
  for (const Diagnostic &note : diagnostic.getNotes())
    text += "\n  note: " + line(note);
  return text;
}

} // namespace sluice

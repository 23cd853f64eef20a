//===- Module.cpp - The Python package's extension module -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interrupt.h"
#include "Tensors.h"

#include "sluice/Binary/Program.h"
#include "sluice/Compiler/CompileModel.h"
#include "sluice/Conversion/OptionalOperators.h"
#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Stopwatch.h"
#include "sluice/Support/Strings.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <memory>
#include <mutex>

namespace py = pybind11;

namespace sluice::python {
namespace {

/// A failed Status on its way to Python, where it is a sluice.Error.
struct StatusError : std::runtime_error {
  explicit StatusError(const absl::Status &status)
      : std::runtime_error(escapeLines(std::string(status.message()))) {}
};

template <typename T>
T valueOrThrow(absl::StatusOr<T> value) {
  if (!value.ok())
    throw StatusError(value.status());
  return *std::move(value);
}

/// A name as Python has it; bytes that are no UTF-8 are escaped as in names of files (PEP 383).
py::str toPython(const std::string &name) {
  PyObject *text = PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "surrogateescape");
  if (!text)
    throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

/// The reverse.
std::string fromPython(py::handle name) {
  if (!py::isinstance<py::str>(name))
    throw py::type_error("the names of inputs are strings");
  return py::cast<std::string>(name.attr("encode")("utf-8", "surrogateescape"));
}

/// Whether Python's own numbers and lists are all that the value is made of: they have no element type.
bool isPlain(py::handle value) {
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value))
    return std::all_of(value.begin(), value.end(), [](py::handle item) { return isPlain(item); });
  // Not NumPy's numbers, of which some are subclasses.
  return Py_IS_TYPE(value.ptr(), &PyBool_Type) || Py_IS_TYPE(value.ptr(), &PyLong_Type) ||
         Py_IS_TYPE(value.ptr(), &PyFloat_Type);
}

/// An array or an onnx.TensorProto as it is; Python's numbers and lists, in the type that the model declares;
/// text as on the command line: numbers, or the name of a file, which a path is, too.
ConstantInputs::Value constantInput(const std::string &name, py::handle value) {
  if (py::isinstance<py::str>(value))
    return value.cast<std::string>();
  if (py::hasattr(value, "__fspath__"))
    return py::module_::import("os").attr("fspath")(value).cast<std::string>();
  if (isPlain(value))
    return py::module_::import("json").attr("dumps")(value).cast<std::string>();
  if (!py::hasattr(value, "SerializeToString"))
    return valueOrThrow(python::fromNumpy(name, value));
  absl::StatusOr<HostTensor> tensor = parseTensorProto(value.attr("SerializeToString")().cast<std::string>());
  if (!tensor.ok())
    throw StatusError(withContext(tensor.status(), concat("constant input '", name, "'")));
  return *std::move(tensor);
}

executor::TensorMap fromNumpy(const py::dict &arrays) {
  executor::TensorMap tensors;
  for (const auto &[key, array] : arrays) {
    const std::string name = fromPython(key);
    tensors.emplace(name, valueOrThrow(python::fromNumpy(escapeLine(name), array)));
  }
  return tensors;
}

/// A binary with the executor that its first run makes, which proves it once. Threads may use it together:
/// the program never changes, and runs have memory of their own.
class Binary {
public:
  explicit Binary(binary::Program program, std::optional<double> loadSeconds = std::nullopt)
      : state(std::make_unique<State>(std::move(program), loadSeconds)) {}

  static Binary load(const std::filesystem::path &path) {
    return interruptibly([&] {
      const Stopwatch watch;
      binary::Program program = valueOrThrow(binary::readProgram(path.string()));
      return Binary(std::move(program), watch.seconds());
    });
  }

  void save(const std::filesystem::path &path) const {
    py::gil_scoped_release release;
    if (absl::Status written = binary::writeProgram(program(), path.string()); !written.ok())
      throw StatusError(written);
  }

  const binary::Program &program() const { return *state->program; }

  py::dict run(const py::dict &arrays, bool stepper) {
    const executor::TensorMap inputs = fromNumpy(arrays);
    const executor::TensorMap outputs = interruptibly([&] { return runTensors(inputs, stepper); });
    py::dict result;
    for (const binary::proto::Binding &binding : program().metadata.outputs())
      result[toPython(binding.name())] = toNumpy(outputs.at(binding.name()));
    return result;
  }

  py::dict counters() const {
    py::dict result;
    const std::optional<executor::Counters> last = lastCounters();
    if (!last)
      return result;
    const executor::Counters &counters = *last;
    result["cycles"] = counters.cycles;
    result["instructions_by_unit"] = counters.instructionsByUnit;
    result["memory_bytes"] = counters.memoryBytes;
    result["stream_bytes"] = counters.streamBytes;
    result["link_bytes"] = counters.linkBytes;
    result["half_overflows"] = counters.halfOverflows;
    return result;
  }

  py::dict seconds() const {
    py::dict result;
    if (state->loadSeconds)
      result["load"] = *state->loadSeconds;
    if (const std::optional<executor::Seconds> last = lastSeconds()) {
      result["prove"] = last->prove;
      result["plan"] = last->plan;
      result["run"] = last->run;
    }
    return result;
  }

private:
  struct State {
    State(binary::Program program, std::optional<double> loadSeconds)
        : program(std::make_shared<const binary::Program>(std::move(program))), loadSeconds(loadSeconds) {}

    const std::shared_ptr<const binary::Program> program;
    const std::optional<double> loadSeconds; ///< where it comes from a file
    std::timed_mutex mutex; ///< of what follows; never taken with the interpreter's lock held
    std::unique_ptr<executor::Executor> executor;
    bool hasRun = false;
  };

  executor::TensorMap runTensors(const executor::TensorMap &inputs, bool stepper) {
    const executor::Executor &runner = provenExecutor();
    std::unique_ptr<executor::Run> run =
        valueOrThrow(stepper ? executor::runStepped(runner, inputs) : runner.execute(inputs));
    std::lock_guard lock(state->mutex);
    state->hasRun = true;
    return std::move(run->outputs);
  }

  /// The executor, made by the first who asks while the others wait, unless they are cancelled.
  const executor::Executor &provenExecutor() {
    std::unique_lock lock(state->mutex, std::defer_lock);
    while (!lock.try_lock_for(kSignalInterval))
      if (isCancelled())
        throw StatusError(cancelledError());
    if (!state->executor)
      state->executor = valueOrThrow(executor::Executor::create(state->program));
    return *state->executor;
  }

  std::optional<executor::Counters> lastCounters() const {
    py::gil_scoped_release release;
    std::lock_guard lock(state->mutex);
    if (!state->hasRun)
      return std::nullopt;
    return state->executor->counters();
  }

  std::optional<executor::Seconds> lastSeconds() const {
    py::gil_scoped_release release;
    std::lock_guard lock(state->mutex);
    if (!state->hasRun)
      return std::nullopt;
    return state->executor->seconds();
  }

  std::unique_ptr<State> state;
};

/// Name -> (shape, dtype), in the model's order.
template <typename Bindings>
py::dict describe(const Bindings &bindings) {
  py::dict result;
  for (const binary::proto::Binding &binding : bindings) {
    const binary::proto::TensorType &type = binding.type();
    result[toPython(binding.name())] =
        py::make_tuple(py::tuple(py::cast(std::vector<int64_t>(type.shape().begin(), type.shape().end()))),
                       arrayDtype(static_cast<ElementType>(type.element_type())));
  }
  return result;
}

CompileOptions makeOptions(std::map<std::string, int64_t> dims, const py::dict &constantInputs,
                           const std::string &f32Matmul, const std::optional<std::string> &demote) {
  CompileOptions options;
  options.dims = std::move(dims);
  for (const auto &[key, value] : constantInputs) {
    const std::string name = fromPython(key);
    options.constantInputs.values.emplace(name, constantInput(escapeLine(name), value));
  }
  if (f32Matmul != "f16" && f32Matmul != "f32")
    throw StatusError(invalidArgument("f32_matmul='", f32Matmul, "': 'f16' and 'f32' are known"));
  options.f32Matmul = f32Matmul == "f16" ? F32Matmul::F16 : F32Matmul::F32;
  if (demote && *demote != "f64")
    throw StatusError(invalidArgument("demote='", *demote, "': only 'f64' can be"));
  options.demoteF64 = demote.has_value();
  return options;
}

Binary compilePath(const std::filesystem::path &path, unsigned cards, std::map<std::string, int64_t> dims,
                   const py::dict &constantInputs, const std::string &f32Matmul,
                   std::optional<unsigned> threads, const std::string &target,
                   const std::optional<std::string> &demote, std::optional<uint64_t> scheduleSeed) {
  CompileOptions options = makeOptions(std::move(dims), constantInputs, f32Matmul, demote);
  options.scheduleSeed = scheduleSeed;
  options.cards = cards;
  options.threads = threads.value_or(0);
  options.targetName = target;
  return interruptibly([&] { return Binary(valueOrThrow(compileModel(path.string(), options))); });
}

py::dict interpretPath(const std::filesystem::path &path, const py::dict &arrays,
                       std::map<std::string, int64_t> dims, const py::dict &constantInputs,
                       const std::string &f32Matmul, const std::optional<std::string> &demote) {
  const CompileOptions options = makeOptions(std::move(dims), constantInputs, f32Matmul, demote);
  const executor::TensorMap inputs = fromNumpy(arrays);
  const NamedTensors outputs =
      interruptibly([&] { return valueOrThrow(interpretModel(path.string(), inputs, options)); });
  py::dict result;
  for (const auto &[name, tensor] : outputs)
    result[toPython(name)] = toNumpy(tensor);
  return result;
}

} // namespace

PYBIND11_MODULE(_sluice, module) {
  registerOptionalOperators();
  static py::exception<StatusError> error(module, "Error");
  error.attr("__module__") = "sluice";
  error.attr("__doc__") = "What could not be compiled, loaded or run, and why: the text of all diagnostics.";
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown)
        std::rethrow_exception(thrown);
    } catch (const StatusError &status) {
      error(status.what());
    }
  });

  py::class_<Binary> binary(
      module, "Binary",
      "A compiled program for a group of cards. Threads may use one Binary together: the "
      "proven program is shared and never changes, and each run has memory of its own, "
      "which the Binary keeps for later runs.");
  binary.attr("__module__") = "sluice";
  binary.def_static("load", &Binary::load, py::arg("path"), "Reads a binary from a file.")
      .def("save", &Binary::save, py::arg("path"), "Writes the binary to a file.")
      .def(
          "run", &Binary::run, py::arg("inputs"), py::kw_only(), py::arg("stepper") = false,
          "Runs once on {name: array} and returns {name: array}. The first run proves the binary. Any number "
          "of threads may run at the same time, without the interpreter's lock. Ctrl-C in the main thread "
          "stops the run with KeyboardInterrupt. With `stepper` it runs on the cycle stepper too, slowly, "
          "and "
          "fails where an output or a word of memory differs.")
      .def_property_readonly(
          "inputs", [](const Binary &b) { return describe(b.program().metadata.inputs()); },
          "{name: (shape, dtype)}")
      .def_property_readonly(
          "outputs", [](const Binary &b) { return describe(b.program().metadata.outputs()); },
          "{name: (shape, dtype)}")
      .def_property_readonly(
          "stats",
          [](const Binary &b) {
            return py::module_::import("json").attr("loads")(b.program().metadata.stats_json());
          },
          "What sluice-compile --stats writes, as a dictionary.")
      .def_property_readonly("counters", &Binary::counters,
                             "What the run that finished last did, as a dictionary of its own; empty before "
                             "one. Of runs at the same time that is any one, whole.")
      .def_property_readonly("seconds", &Binary::seconds,
                             "What loading the binary, proving it, planning how to run it and the run that "
                             "finished last took on the wall clock, as a dictionary of its own: 'load', "
                             "'prove', 'plan' and 'run', as far as it was done.");

  module.def(
      "compile", &compilePath, py::arg("path"), py::kw_only(), py::arg("cards") = 1,
      py::arg("dims") = std::map<std::string, int64_t>(), py::arg("constant_inputs") = py::dict(),
      py::arg("f32_matmul") = "f16", py::arg("threads") = py::none(), py::arg("target") = "tsp1",
      py::arg("demote") = py::none(), py::arg("schedule_seed") = py::none(),
      "Compiles the ONNX model at `path`; `dims` binds dynamic axes by name; `constant_inputs` gives "
      "inputs now, "
      "which the binary then has no more: {name: array, number, list of numbers, or file}; "
      "`schedule_seed` makes "
      "the schedule any legal one instead of a short one. Threads may compile at the same time, without the "
      "interpreter's lock. Ctrl-C in the main thread stops the compilation with KeyboardInterrupt.");
  module.def("interpret", &interpretPath, py::arg("path"), py::arg("inputs"), py::kw_only(),
             py::arg("dims") = std::map<std::string, int64_t>(), py::arg("constant_inputs") = py::dict(),
             py::arg("f32_matmul") = "f16", py::arg("demote") = py::none(),
             "What a binary of the model at `path` must compute from {name: array}, by the reference "
             "interpreter; the "
             "options are those of compile.");
}

} // namespace sluice::python

/* libntk: random features, neural tangents, and what is built on them.  Each header says what it holds. */
#ifndef NTK_NTK_H
#define NTK_NTK_H

#include <ntk/activation.h>
#include <ntk/api.h>
#include <ntk/concentration.h>
#include <ntk/context.h>
#include <ntk/derivatives.h>
#include <ntk/features.h>
#include <ntk/flow.h>
#include <ntk/gram.h>
#include <ntk/iterative.h>
#include <ntk/kernel.h>
#include <ntk/lazy.h>
#include <ntk/loss.h>
#include <ntk/matrix.h>
#include <ntk/measure.h>
#include <ntk/model.h>
#include <ntk/network.h>
#include <ntk/neuron.h>
#include <ntk/optimise.h>
#include <ntk/ridge.h>
#include <ntk/sink.h>
#include <ntk/spectrum.h>
#include <ntk/status.h>
#include <ntk/stream.h>
#include <ntk/target.h>
#include <ntk/theory.h>
#include <ntk/training.h>
#include <ntk/version.h>

#endif

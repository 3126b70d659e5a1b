//! Load, faults, measurement, verdict, report; sees a system only from outside.

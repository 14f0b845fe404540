throw new RangeError("thrown at top level");

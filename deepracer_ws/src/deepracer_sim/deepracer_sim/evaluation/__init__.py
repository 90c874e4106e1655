"""Evaluation of a model in the ROS graph: what it consists of, what it finds, what is made of it.

One call of `evaluate.launch.py` makes one folder for each track (`folder.py`), that is one
evaluation as AWS knows it. By default it is `<model>/evaluation-<UTC time, 14 digits>/`, where
deepracer-utils looks for it; evaluations of a model that came with the software go to a folder of
its name among the user's own models. `output:=FOLDER` names another one (with several tracks:
`FOLDER/<track>`).

| file                                  | content                                                 |
|---------------------------------------|---------------------------------------------------------|
| `results.json`                        | everything but the steps, see below (`results.py`)      |
| `table.txt`                           | the table of the console, as it was printed             |
| `evaluation_metrics.json`             | metrics as AWS writes them, an entry for each lap       |
| `evaluation-simtrace/0-iteration.csv` | SIM_TRACE_LOG rows (`deepracer_core.trace_file`); while |
|                                       | the evaluation runs, `0-iteration.csv.part`             |
| `robustness.png`                      | heat map of a robustness grid (`robustness:=true`)      |

Whatever else is made of these files (pictures, video) goes into the same folder.

`results.json` is one object; it is written anew after each trial, atomically, so it may be read at
any time. Times are simulated seconds, lengths metres, angles radians.

| field      | content                                                                            |
|------------|------------------------------------------------------------------------------------|
| `version`  | 1                                                                                  |
| `model`    | name of the model                                                                  |
| `track`    | name of the track (`deepracer_sim.worlds.find_track`)                              |
| `created`  | when it began, ISO 8601, UTC                                                       |
| `finished` | whether all trials were driven; false while it runs and after it was broken off    |
| `config`   | what was asked for: `trials`, `laps`, `continuous`, `race_type`, `reverse`,        |
|            | `engine`, `profile`, `pacing`, `level`, `seed`, `max_speed`, `robustness`,         |
|            | `objects` (an `ObjectPlan` or null), `rules` (`EvaluationRules`)                   |
| `summary`  | `trials`, `completed`, `best_lap`, `mean_lap` (seconds or null), `mean_progress`   |
| `trials`   | list, in the order in which they were driven                                       |

A trial is `laps` laps in a row, from a standing start at the start line. Its fields:

| field      | content                                                                            |
|------------|------------------------------------------------------------------------------------|
| `trial`    | number, from 1                                                                     |
| `seed`     | of all that is random in it                                                        |
| `settings` | what a robustness grid fixed: {name of a field of `randomisation.Level`: value}    |
| `status`   | label of the last lap's `EpisodeStatus`; `Lap complete` if all laps were driven    |
| `complete` | whether all laps were driven                                                       |
| `progress` | share of all its laps [%]                                                          |
| `time`     | duration, penalties included                                                       |
| `off_tracks` `crashes` `immobilizations` `reversals` `resets` | failures; resets: all together  |
| `off_track_penalty` `collision_penalty` | seconds waited, part of `time`                        |
| `laps`     | list of laps with the same fields from `status` on, and `episode`, `start_time`,   |
|            | `end_time`: `episode` and times are those of the rows of the trace                 |

Rows of the trace: `episode` counts the laps of the whole evaluation from 0, `steps` the steps in it
from 1; `tstamp` is the clock of the evaluation, which stands still while nothing is judged. The
first row of a trial has the status `prepare`, rows in which the car is held `pause`.
"""

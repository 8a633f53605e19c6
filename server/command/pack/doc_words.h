// The words of a pack's page.
//
// Thread-safety: constants.

#ifndef TARAZY_SERVER_COMMAND_PACK_DOC_WORDS_H_
#define TARAZY_SERVER_COMMAND_PACK_DOC_WORDS_H_

#include "server/command/pack/language.h"

namespace tarazy::words {

inline constexpr Said kAbout = {"Пакет туралы", "О пакете", "About the pack"};
inline constexpr Said kPack = {"Пакет", "Пакет", "Pack"};
inline constexpr Said kEdition = {"Редакция", "Редакция", "Edition"};
inline constexpr Said kVersion = {"Нұсқа", "Версия", "Version"};
inline constexpr Said kFrom = {"Күшіне енетін сәті", "Действует с",
                               "In force from"};
inline constexpr Said kUntil = {"Күші тоқтайтын сәті (кірмейді)",
                                "Действует до (не включая)",
                                "In force until (excluded)"};
inline constexpr Said kNoEnd = {"белгіленбеген", "не установлено", "not set"};
inline constexpr Said kDigest = {"Пакет дайджесті (SHA-256)",
                                 "Дайджест пакета (SHA-256)",
                                 "Digest of the pack (SHA-256)"};
inline constexpr Said kHolds = {"Құрамы", "Состав", "What it holds"};
inline constexpr Said kCounts = {
    "нормалар: $0, саясаттар: $1, түсіндірулер: $2, сценарийлер: $3",
    "нормы: $0, политики: $1, толкования: $2, сценарии: $3",
    "norms: $0, policies: $1, readings: $2, scenarios: $3"};
inline constexpr Said kAnswers = {"Сценарийлердің жауаптары",
                                  "Ответы на сценарии",
                                  "Answers to the scenarios"};
inline constexpr Said kAllAsExpected = {"бәрі күтілгендей", "все ожидаемые",
                                        "all as expected"};
inline constexpr Said kSomeDiffer = {
    "күтілгеннен өзгеше: $0 (бетте белгіленген)",
    "отличаются от ожидаемых: $0 (отмечены на странице)",
    "$0 differ from what is expected (marked on the page)"};
inline constexpr Said kHowToRead = {
    "Берілмеген дерек – жетіспейтін дерек: оны оқитын саясат есептелмейді, ал "
    "жауап – бас тарту. Бірде-бір саясат рұқсат етпеген әрекетке рұқсат жоқ; "
    "орындалған тыйым кез келген рұқсаттан басым. Нормалардың мазмұны өз "
    "сөзімізбен берілген. Дайджест нормаларды, саясаттарды, міндеттерді және "
    "күнтізбені қамтиды, ал сценарийлерді қамтымайды.",
    "Неуказанный факт – недостающий: политику, которая его читает, вычислить "
    "нельзя, и ответ – отказ. Чего не разрешает ни одна политика, то не "
    "разрешено; выполненный запрет сильнее любого разрешения. Содержание норм "
    "изложено нашими словами. Дайджест охватывает нормы, политики, обязанности "
    "и календарь, но не сценарии.",
    "A fact that is not stated is missing: a policy that reads it can't be "
    "evaluated, and the answer is a denial. What no policy permits is denied; "
    "a "
    "prohibition that holds is stronger than any permission. Norms are told in "
    "our own words. The digest covers norms, policies, obligations and the "
    "calendar, not the scenarios."};
inline constexpr Said kContents = {"Мазмұны", "Содержание", "Contents"};

inline constexpr Said kForms[] = {
    {"тыйым", "запрет", "prohibition"},
    {"рұқсат", "разрешение", "permission"},
    {"міндет", "обязанность", "obligation"},
    {"анықтама", "определение", "definition"},
    {"күшін жою", "отмена", "repeal"},
    {"сілтеме", "отсылка", "reference"},
    {"күшіне ену", "вступление в силу", "commencement"},
    {"редакция өзгертпейтін норма", "норма, которую редакция не меняет",
     "a norm that the edition does not change"},
};
inline constexpr Said kForm = {"Түрі", "Вид", "Form"};
inline constexpr Said kNorm = {"Норма", "Норма", "Norm"};
inline constexpr Said kCarriedOut = {"Іске асырылуы", "Чем исполняется",
                                     "Carried out by"};
inline constexpr Said kManifest = {"пакет сипаттамасы", "описание пакета",
                                   "the manifest of the pack"};
inline constexpr Said kNothing = {"ештеңе", "ничем", "nothing"};
inline constexpr Said kSource = {"Түзетулер актісіндегі орны",
                                 "Место в акте о поправках",
                                 "Place in the amending act"};
inline constexpr Said kSummaries = {"Мазмұны үш тілде",
                                    "Содержание на трёх языках",
                                    "What it says, in three languages"};

inline constexpr Said kPolicies = {"Саясаттар", "Политики", "Policies"};
inline constexpr Said kPermits = {"рұқсат етеді", "разрешает", "permits"};
inline constexpr Said kForbids = {"тыйым салады", "запрещает", "forbids"};
inline constexpr Said kObliges = {"міндеттейді", "обязывает", "obliges"};
inline constexpr Said kBroken = {"міндеттің бұзылғанын айтады",
                                 "говорит, что обязанность нарушена",
                                 "says that the duty is broken"};
inline constexpr Said kReason = {"Себеп коды", "Код причины", "Reason code"};
inline constexpr Said kRetry = {"Қайта сұрау сәтінің дерегі",
                                "Факт, после которого повторить запрос",
                                "Fact that says when to ask again"};
inline constexpr Said kWith[] = {
    {"рұқсатпен бірге", "вместе с разрешением", "with a permit"},
    {"бас тартумен бірге", "вместе с отказом", "with a denial"},
    {"кез келген шешіммен бірге", "с любым решением", "with any decision"},
};
inline constexpr Said kWhere = {
    "Мыналардың бәрі орындалғанда:", "Когда выполнено всё следующее:",
    "Where all of these hold:"};
inline constexpr Said kAlways = {"Шартсыз.", "Без условий.",
                                 "Without conditions."};
inline constexpr Said kTextOf = {"Саясат мәтіні", "Текст политики",
                                 "Text of the policy"};
inline constexpr Said kAsksFor = {
    "Шарттар әдепкі түсіндірулер бойынша жазылған. Саясат мына түсіндірулерді "
    "сұрайды:",
    "Условия изложены по толкованиям, принятым по умолчанию. Политика "
    "спрашивает о толкованиях:",
    "The conditions are told under the default readings. The policy asks for "
    "the readings:"};
inline constexpr Said kOnlyElsewhere = {
    "Бұл саясат басқа түсіндіру таңдалғанда ғана қолданылады.",
    "Эта политика применяется, только если выбрано другое толкование.",
    "This policy applies only where another reading is chosen."};

inline constexpr Said kReadings = {"Түсіндірулер", "Толкования", "Readings"};
inline constexpr Said kReading = {"Түсіндіру", "Толкование", "Reading"};
inline constexpr Said kQuestion = {"Сұрақ", "Вопрос", "Question"};
inline constexpr Said kTaken = {"Қабылданғаны (әдепкі)",
                                "Принято (по умолчанию)", "Taken (default)"};
inline constexpr Said kAlternatives = {"Баламалар", "Альтернативы",
                                       "Alternatives"};
inline constexpr Said kNotChosen = {"таңдауға болмайды", "выбрать нельзя",
                                    "can't be chosen"};

inline constexpr Said kDuties = {"Міндеттер", "Обязанности", "Obligations"};
inline constexpr Said kDuty = {"Міндет", "Обязанность", "Obligation"};
inline constexpr Said kAddressee = {"Кімге жүктелген", "На кого возложена",
                                    "Addressee"};
inline constexpr Said kDue = {"Мерзімі", "Срок", "Due"};
inline constexpr Said kNoTerm = {"белгіленбеген", "не установлен",
                                 "no set term"};
inline constexpr Said kDueFact = {
    "мына дерек көрсеткен сәтке дейін: ", "до момента, который указывает факт ",
    "until the instant that the fact gives: "};
inline constexpr Said kDueDays = {
    "шешім күнінен кейінгі $0-күннің 24:00-іне дейін (Алматы уақыты)",
    "до 24:00 (время Алматы) $0-го дня после дня решения",
    "until 24:00 in Almaty of day $0 after the day of the decision"};
inline constexpr Said kText = {"Мәтіні", "Текст", "Text"};

inline constexpr Said kScenarios = {"Сценарийлер", "Сценарии", "Scenarios"};
inline constexpr Said kCiting = {
    "Жауабы осы нормаға сілтейтін сценарийлер: $0",
    "Сценарии, ответ на которые ссылается на эту норму: $0",
    "Scenarios whose answer cites this norm: $0"};
inline constexpr Said kNoneCites = {
    "Бұл нормаға бірде-бір сценарийдің жауабы сілтемейді.",
    "Ни один ответ на сценарии не ссылается на эту норму.",
    "No scenario's answer cites this norm."};
inline constexpr Said kCitingNone = {"Нормаға сілтемейтін жауаптар",
                                     "Ответы без ссылки на норму",
                                     "Answers that cite no norm"};
inline constexpr Said kCitingNoneCount = {
    "Жауабы бірде-бір нормаға сілтемейтін сценарийлер: $0",
    "Сценарии, ответ на которые не ссылается ни на одну норму: $0",
    "Scenarios whose answer cites no norm: $0"};
inline constexpr Said kId = {"Белгісі", "Обозначение", "Id"};
inline constexpr Said kCase = {"Жағдай", "Случай", "Case"};
inline constexpr Said kInstant = {"Сәті", "Момент", "Instant"};
inline constexpr Said kAnswer = {"Жауап", "Ответ", "Answer"};
inline constexpr Said kReasons = {"Себептер", "Причины", "Reasons"};
inline constexpr Said kPermitted = {"рұқсат", "разрешено", "permitted"};
inline constexpr Said kDenied = {"бас тарту", "отказано", "denied"};
inline constexpr Said kRefused = {"сұрау қабылданбады", "запрос отклонён",
                                  "request refused"};
inline constexpr Said kDiffers = {"Күтілгеннен өзгеше",
                                  "Отличается от ожидаемого",
                                  "Differs from what is expected"};
inline constexpr Said kChosen = {"таңдалған түсіндіру", "выбранное толкование",
                                 "reading chosen"};
inline constexpr Said kBreached = {"бұзылған", "нарушена", "broken"};
inline constexpr Said kDueBefore = {"мерзімі", "срок до", "due before"};

inline constexpr Said kDefinitionsAndFacts = {
    "Анықтамалар мен деректер", "Определения и факты", "Definitions and facts"};
inline constexpr Said kDefinitions = {"Анықтамалар", "Определения",
                                      "Definitions"};
inline constexpr Said kSummary = {"Мазмұны", "Содержание", "What it says"};
inline constexpr Said kFacts = {"Деректер", "Факты", "Facts"};
inline constexpr Said kFactsRead = {"Саясаттар оқитын деректер",
                                    "Факты, которые читают политики",
                                    "Facts that the policies read"};
inline constexpr Said kFact = {"Дерек", "Факт", "Fact"};
inline constexpr Said kField = {"Сұраудың өрісі", "Поле запроса",
                                "Field of the request"};
inline constexpr Said kFromRegister = {"тізілімнен немесе сағаттан",
                                       "из реестра или по часам",
                                       "from a register or the clock"};
inline constexpr Said kDefinedBy = {"Анықтайтын норма", "Норма-определение",
                                    "Norm that defines it"};

inline constexpr Said kCalendar = {"Күнтізбе мен мерзімдер",
                                   "Календарь и сроки", "Calendar and limits"};
inline constexpr Said kTerm = {"Қарсылықты қарау мерзімі",
                               "Срок рассмотрения возражения",
                               "Term for an objection"};
inline constexpr Said kCalendarDays = {
    "күнтізбелік күндер: $0", "календарных дней: $0", "calendar days: $0"};
inline constexpr Said kWorkingDays = {"жұмыс күндері: $0", "рабочих дней: $0",
                                      "working days: $0"};
inline constexpr Said kReceiptNot = {"түскен күн есептелмейді",
                                     "день поступления не считается",
                                     "the day of receipt is not counted"};
inline constexpr Said kReceiptCounts = {"түскен күн есептеледі",
                                        "день поступления считается",
                                        "the day of receipt is counted"};
inline constexpr Said kCalendarVersion = {
    "Күнтізбе нұсқасы", "Версия календаря", "Version of the calendar"};
inline constexpr Said kCovers = {"Қамтитын күндері", "Охватывает дни",
                                 "Days that it covers"};
inline constexpr Said kDaysOff = {"Дүйсенбі–жұма арасындағы демалыс күндері",
                                  "Нерабочие дни с понедельника по пятницу",
                                  "Days off from Monday to Friday"};
inline constexpr Said kDaysWorked = {"Жұмыс істейтін сенбі мен жексенбі",
                                     "Рабочие субботы и воскресенья",
                                     "Saturdays and Sundays that are worked"};
inline constexpr Said kNone = {"жоқ", "нет", "none"};
inline constexpr Said kNoCalendar = {"Пакетте күнтізбе жоқ.",
                                     "Календаря в пакете нет.",
                                     "The pack has no calendar."};

inline constexpr Said kSignOff = {"Қол қою", "Подпись", "Sign-off"};
inline constexpr Said kIHaveRead = {
    "Осы бетті оқып шықтым. Ол дайджесті төменде берілген пакет туралы:",
    "Я прочитал(а) эту страницу. Она о пакете с таким дайджестом:",
    "I have read this page. It is about the pack with this digest:"};
inline constexpr Said kName = {"Аты-жөні", "Имя", "Name"};
inline constexpr Said kPosition = {"Лауазымы", "Должность", "Position"};
inline constexpr Said kDate = {"Күні", "Дата", "Date"};
inline constexpr Said kSignature = {"Қолы", "Подпись", "Signature"};
inline constexpr Said kRemarks = {"Ескертпелер", "Замечания", "Remarks"};

}  // namespace tarazy::words

#endif  // TARAZY_SERVER_COMMAND_PACK_DOC_WORDS_H_
